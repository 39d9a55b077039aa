import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { challenge, parseClientFirst, verifyClientFinal, type ClientFirst } from './scram.ts'

const hmac = (key: Uint8Array, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()
const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()

/** RFC 5802, section 3, by another implementation than the one under test. */
const verifier = (password: string, salt: Uint8Array, iterations: number, deviceId = 'd') => {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  return {
    deviceId,
    clientKey,
    storedKey: sha256(clientKey),
    serverKey: hmac(salted, 'Server Key'),
  }
}

const proofOf = (clientKey: Uint8Array, storedKey: Uint8Array, authMessage: string): string => {
  const signature = hmac(storedKey, authMessage)
  return Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64')
}

const first = (message: string): ClientFirst => {
  const parsed = parseClientFirst(message)
  if (!parsed) throw new Error(`malformed: ${message}`)
  return parsed
}

describe('the exchange of RFC 7677, section 3', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const clientFirst = first('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const verifiers = [verifier('pencil', salt, 4096)]
  const begun = challenge(clientFirst, { salt, iterations: 4096, verifiers }, serverNonce)
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const final = `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`

  it('comes out as it is printed there', () => {
    expect(begun.serverFirst).toBe(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)
    expect(verifyClientFinal(begun, final)).toEqual({
      deviceId: 'd',
      serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    })
  })

  it.each([
    ['another proof', final.replace('p=d', 'p=e'), 'wrong'],
    ['no proof', `c=biws,r=${nonce}`, 'malformed'],
    ['a proof that is too short', `c=biws,r=${nonce},p=dHzb`, 'malformed'],
    ['a proof that is not base64', `c=biws,r=${nonce},p=***`, 'malformed'],
    ['another nonce', final.replace('r=rO', 'r=rP'), 'malformed'],
    ["the client's nonce alone", final.replace(serverNonce, ''), 'malformed'],
    ['another channel binding', final.replace('c=biws', 'c=eSws'), 'malformed'],
    ['nothing', '', 'malformed'],
  ])('%s: %s', (_name, message, outcome) => {
    expect(verifyClientFinal(begun, message)).toBe(outcome)
  })
})

describe("the client's first message", () => {
  it('may say that it would bind channels, and whom it acts for', () => {
    expect(first('y,,n=1,r=x')).toMatchObject({ gs2Header: 'y,,', authzid: '', bare: 'n=1,r=x' })
    expect(first('n,a=me=2Cyou=3D,n=a=2Cb,r=x,ext=1')).toMatchObject({
      gs2Header: 'n,a=me=2Cyou=3D,',
      authzid: 'me,you=',
      username: 'a,b',
      bare: 'n=a=2Cb,r=x,ext=1',
    })
  })

  it.each([
    ['channel binding', 'p=tls-exporter,,n=1,r=x'],
    ['an unknown flag', 'z,,n=1,r=x'],
    ['no flag', 'n=1,r=x'],
    ['a mandatory extension', 'n,,m=1,n=1,r=x'],
    ['no user name', 'n,,n=,r=x'],
    ['no nonce', 'n,,n=1,r='],
    ['a nonce of other characters', 'n,,n=1,r=x y'],
    ['a nonce that is too long', `n,,n=1,r=${'x'.repeat(257)}`],
    ['a wrong escape', 'n,,n=1=2c,r=x'],
    ['a wrong escape of whom it acts for', 'n,a==,n=1,r=x'],
    ['nothing', ''],
  ])('with %s is refused', (_name, message) => {
    expect(parseClientFirst(message)).toBeUndefined()
  })

  it('of any text is parsed or refused, never a crash', () => {
    const texts = fc.array(
      fc.constantFrom('n', 'y', 'p', 'a', 'r', 'm', '=', ',', '=2C', '=3D', 'x', '\n', '\u00e9'),
    )
    fc.assert(
      fc.property(texts, (parts) => {
        parseClientFirst(parts.join(''))
      }),
      { numRuns: 1000 },
    )
  })
})

describe("an account's devices", () => {
  const salt = randomBytes(16)
  const verifiers = ['one', 'two', 'three'].map((name) => verifier(`isth_${name}`, salt, 8, name))
  const clientFirst = first('n,,n=14155550123,r=client')
  const begun = challenge(clientFirst, { salt, iterations: 8, verifiers }, 'server')
  const withoutProof = 'c=biws,r=clientserver'
  const authMessage = `n=14155550123,r=client,${begun.serverFirst},${withoutProof}`

  it.each(verifiers)('are told apart by their tokens: $deviceId', (one) => {
    const { deviceId, clientKey, storedKey, serverKey } = one
    const final = `${withoutProof},p=${proofOf(clientKey, storedKey, authMessage)}`
    const serverFinal = `v=${hmac(serverKey, authMessage).toString('base64')}`
    expect(verifyClientFinal(begun, final)).toEqual({ deviceId, serverFinal })
  })

  it('are none for an account that there is not', () => {
    const [{ clientKey, storedKey } = verifier('x', salt, 8)] = verifiers
    const empty = challenge(clientFirst, { salt, iterations: 8, verifiers: [] }, 'server')
    const final = `${withoutProof},p=${proofOf(clientKey, storedKey, authMessage)}`
    expect(verifyClientFinal(empty, final)).toBe('wrong')
  })
})
