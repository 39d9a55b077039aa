import { ErrorCode } from '@isthmus/proto/codec'
import { formatAddress } from '@isthmus/runtime/address'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { toSubmission, type SendArguments } from './to-submission.ts'

const LETTER = { device: 'device', sealed: 'AAECAw==' }
const VALID: SendArguments = { to: 'instagram:ada', id: 'm1', letters: [LETTER], ttl: 60 }

describe('toSubmission', () => {
  test('gives the address and the envelope', () => {
    expect(toSubmission(VALID)).toEqual({
      to: { network: 'instagram', handle: 'ada' },
      envelope: {
        id: 'm1',
        letters: [{ deviceId: 'device', sealed: Buffer.from([0, 1, 2, 3]) }],
        ttlSeconds: 60,
      },
    })
  })

  test.each([undefined, null, 0])('a ttl of %j is the relay’s maximum', (ttl) => {
    const submission = toSubmission({ ...VALID, ...(ttl === undefined ? {} : { ttl }) })
    expect(submission).toMatchObject({ envelope: { ttlSeconds: ttl === undefined ? 60 : 0 } })
  })

  test('no ttl at all is the relay’s maximum', () => {
    const { to, id, letters } = VALID
    expect(toSubmission({ to, id, letters })).toMatchObject({ envelope: { ttlSeconds: 0 } })
  })

  test('refuses a negative ttl', () => {
    expect(toSubmission({ ...VALID, ttl: -1 })).toEqual({
      error: ErrorCode.MALFORMED,
      what: expect.stringContaining('"ttl"'),
    })
  })

  test.each([
    '',
    'ada',
    'instagram:',
    'instagram:Ada',
    'instagram:a b',
    'instagram:a\r\nb',
    'instagram:a\0',
    'signal:ada',
    'whatsapp:+14155550123',
    '__proto__:ada',
    ' instagram:ada',
    'instagram:ada\n',
  ])('refuses the address %j', (to) => {
    expect(toSubmission({ ...VALID, to })).toEqual({
      error: ErrorCode.MALFORMED,
      what: expect.stringContaining('"to"'),
    })
  })

  test('refuses more letters than a person can have devices, and decodes none of them', () => {
    const letters = Array.from({ length: 65 }, () => ({ device: 'device', sealed: '!' }))
    expect(toSubmission({ ...VALID, letters })).toMatchObject({ error: ErrorCode.TOO_LARGE })
    const most = letters.slice(1).map(() => LETTER)
    expect(toSubmission({ ...VALID, letters: most })).toHaveProperty('envelope')
  })

  test('says which letter is not base64, and not what it is', () => {
    const letters = [LETTER, LETTER, { device: 'device', sealed: 'secret!!' }]
    const refusal = toSubmission({ ...VALID, letters })
    expect(refusal).toEqual({
      error: ErrorCode.MALFORMED,
      what: expect.stringContaining('"letters[2].sealed"'),
    })
    expect(JSON.stringify(refusal)).not.toContain('secret')
  })
})

describe('base64', () => {
  const decoded = (sealed: string): Uint8Array | undefined => {
    const submission = toSubmission({ ...VALID, letters: [{ device: 'd', sealed }] })
    return 'error' in submission ? undefined : submission.envelope.letters[0]?.sealed
  }

  test('of any bytes comes back as those bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const back = decoded(Buffer.from(bytes).toString('base64'))
        expect(back && Buffer.from(back).equals(bytes)).toBe(true)
      }),
    )
  })

  test('any other text is refused', () => {
    const characters = fc.constantFrom(...Array.from('AZaz09+/=-_ \n\t\0.,{é😀'))
    const text = fc.string({ unit: characters, maxLength: 24 })
    fc.assert(
      fc.property(text, (sealed) => {
        const isBase64 = sealed.length % 4 === 0 && /^[A-Za-z0-9+/_-]*={0,2}$/.test(sealed)
        // One character holds six bits, no byte: "A===" and "A" are nothing.
        expect(decoded(sealed) !== undefined).toBe(isBase64)
      }),
      { numRuns: 2000 },
    )
  })
})

test('an address that is taken is one in canonical form', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom('instagram', 'whatsapp', 'messenger'),
      (text, network) => {
        for (const to of [text, `${network}:${text}`]) {
          const submission = toSubmission({ ...VALID, to })
          if (!('error' in submission)) expect(formatAddress(submission.to)).toBe(to)
        }
      },
    ),
  )
})
