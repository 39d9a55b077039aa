import { answerOf } from '@isthmus/gateway-core/answer'
import { describe, expect, it } from '@jest/globals'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { ending, parse } from '../testing/frames.ts'
import {
  BARE_JID,
  base64,
  createPeer,
  DEVICE,
  DOMAIN,
  HANDLE,
  OPEN,
  peerAt,
  plain,
  TOKEN,
  type Peer,
} from '../testing/recorder.ts'

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const auth = (mechanism: string, text: string): string =>
  `<auth xmlns='${SASL}' mechanism='${mechanism}'>${text}</auth>`
const scram = (message: string): string => auth('SCRAM-SHA-256', base64(message))
const response = (text: string): string => `<response xmlns='${SASL}'>${text}</response>`
const ABORT = `<abort xmlns='${SASL}'/>`

const failure = (frames: readonly string[]): string | undefined => {
  const element = parse(frames[0])
  return element.name === 'failure' ? element.children[0]?.name : undefined
}

const ADDRESS = { network: 'whatsapp', handle: HANDLE } as const

describe('PLAIN', () => {
  it('asks the directory, and tells what it says', () => {
    const peer = peerAt('opened')
    expect(peer.says(plain())).toEqual([])
    expect(peer.effects.asked).toEqual([{ address: ADDRESS, token: TOKEN }])
    peer.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(parse(peer.hears()[0])).toMatchObject({ name: 'success', ns: SASL, text: '' })
  })

  it.each([
    ['refused', 'not-authorized'],
    ['unavailable', 'temporary-auth-failure'],
  ] as const)('%s by the directory: %s, and may be tried again', (outcome, condition) => {
    const peer = peerAt('opened')
    peer.says(plain())
    peer.machine.authenticated({ outcome })
    expect(failure(peer.hears())).toBe(condition)
    peer.says(plain())
    peer.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(parse(peer.hears()[0]).name).toBe('success')
  })

  it.each([
    ['a name that is no handle', plain(TOKEN, 'ada'), 'not-authorized'],
    ['a handle with a plus', plain(TOKEN, `+${HANDLE}`), 'not-authorized'],
    ['no password', plain(''), 'malformed-request'],
    ['too few parts', auth('PLAIN', base64('a\0b')), 'malformed-request'],
    ['too many parts', auth('PLAIN', base64('\0a\0b\0c')), 'malformed-request'],
    ['an empty message', auth('PLAIN', '='), 'malformed-request'],
    ['bytes that are not UTF-8', auth('PLAIN', 'AP//AGE='), 'malformed-request'],
    ['what is not base64', auth('PLAIN', '%%%'), 'incorrect-encoding'],
    ["another account's authority", plain(TOKEN, HANDLE, `1@${DOMAIN}`), 'invalid-authzid'],
    ['an unknown mechanism', auth('SCRAM-SHA-1', ''), 'invalid-mechanism'],
    ['channel binding', auth('SCRAM-SHA-256-PLUS', ''), 'invalid-mechanism'],
  ])('with %s fails without asking: %s', (_name, frame, condition) => {
    const peer = peerAt('opened')
    expect(failure(peer.says(frame))).toBe(condition)
    expect(peer.effects.asked).toEqual([])
  })

  it('may name the own account as its authority', () => {
    const peer = peerAt('opened')
    expect(peer.says(plain(TOKEN, HANDLE, BARE_JID))).toEqual([])
    expect(peer.effects.asked).toHaveLength(1)
  })

  it('may come after an empty challenge', () => {
    const peer = peerAt('opened')
    expect(parse(peer.says(auth('PLAIN', ''))[0])).toMatchObject({ name: 'challenge', text: '' })
    peer.says(response(base64(`\0${HANDLE}\0${TOKEN}`)))
    expect(peer.effects.asked).toEqual([{ address: ADDRESS, token: TOKEN }])
  })
})

const hmac = (key: Uint8Array, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()
const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()
const SALT = Buffer.alloc(16, 5)
const salted = pbkdf2Sync(TOKEN, SALT, 8, 32, 'sha256')
const clientKey = hmac(salted, 'Client Key')
const verifier = {
  deviceId: DEVICE as string,
  storedKey: sha256(clientKey),
  serverKey: hmac(salted, 'Server Key'),
}
const reply = { salt: SALT, iterations: 8, verifiers: [verifier] }

/** The client's last message, to what the server has said. */
const finalOf = (serverFirst: string, header = 'n,,', nonce = ''): string => {
  const [, r = ''] = /r=([^,]+)/.exec(serverFirst) ?? []
  const withoutProof = `c=${base64(header)},r=${nonce || r}`
  const signature = hmac(verifier.storedKey, `n=${HANDLE},r=c,${serverFirst},${withoutProof}`)
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
  return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
}

const challenged = (peer: Peer, header = 'n,,'): string => {
  expect(peer.says(scram(`${header}n=${HANDLE},r=c`))).toEqual([])
  peer.machine.scramFound?.(reply)
  const [frame] = peer.hears()
  return Buffer.from(parse(frame).text, 'base64').toString()
}

describe('SCRAM-SHA-256', () => {
  it.each(['n,,', 'y,,', `n,a=${BARE_JID},`])('proves the device and the server: %s', (header) => {
    const peer = peerAt('opened')
    const serverFirst = challenged(peer, header)
    expect(serverFirst).toMatch(/^r=c[\w-]{22},s=BQUFBQUFBQUFBQUFBQUFBQ==,i=8$/)
    const frames = peer.says(response(base64(finalOf(serverFirst, header))))
    expect(parse(frames[0]).name).toBe('success')
    const serverFinal = Buffer.from(parse(frames[0]).text, 'base64').toString()
    expect(serverFinal).toMatch(/^v=[A-Za-z0-9+/]{43}=$/)
    expect(peer.effects.known).toEqual([{ address: ADDRESS, device: DEVICE }])
    expect(peer.says(OPEN)).toHaveLength(2)
  })

  it.each([
    ['p=tls-exporter,,', 'malformed-request'],
    ['n,a=1@x,', 'invalid-authzid'],
  ])('begun with %s fails: %s', (header, condition) => {
    const peer = peerAt('opened')
    expect(failure(peer.says(scram(`${header}n=${HANDLE},r=c`)))).toBe(condition)
    expect(peer.effects.asked).toEqual([])
  })

  it('does not take the nonce of an older exchange', () => {
    const peer = peerAt('opened')
    const old = challenged(peer)
    expect(failure(peer.says(ABORT))).toBe('aborted')
    const fresh = challenged(peer)
    expect(fresh).not.toBe(old)
    expect(failure(peer.says(response(base64(finalOf(old)))))).toBe('malformed-request')
    expect(peer.effects.known).toEqual([])
  })

  it.each([
    ['no account', { ...reply, verifiers: [] }, 'not-authorized'],
    ['no directory', undefined, 'temporary-auth-failure'],
  ])('with %s: %s', (_name, found, condition) => {
    const peer = peerAt('opened')
    peer.says(scram(`n,,n=${HANDLE},r=c`))
    peer.machine.scramFound?.(found)
    const frames = peer.hears()
    const serverFirst = Buffer.from(parse(frames[0]).text, 'base64').toString()
    const last = found ? peer.says(response(base64(finalOf(serverFirst)))) : frames
    expect(failure(last)).toBe(condition)
    expect(peer.effects.known).toEqual([])
  })
})

describe('an exchange', () => {
  it('can be aborted, also while the directory is asked', () => {
    const peer = peerAt('opened')
    peer.says(plain())
    expect(peer.says(ABORT)).toEqual([])
    peer.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(failure(peer.hears())).toBe('aborted')
    expect(ending(peer.says(OPEN))).toBe('policy-violation')
  })

  it('is a dialogue: nothing else is taken while the directory is asked', () => {
    const peer = peerAt('opened')
    peer.says(plain())
    expect(ending(peer.says(plain()))).toBe('policy-violation')
    // What the directory says now is too late.
    peer.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    expect(peer.hears()).toEqual([])
  })

  it('may be begun five times', () => {
    const peer = peerAt('opened')
    for (let attempt = 1; attempt < 5; attempt++) {
      expect(failure(peer.says(auth('PLAIN', '%')))).toBe('incorrect-encoding')
    }
    const last = peer.says(auth('PLAIN', '%'))
    expect(failure(last)).toBe('incorrect-encoding')
    expect(ending(last)).toBe('policy-violation')
    expect(peer.effects.closes).toEqual([{ code: 1008, reason: 'policy-violation' }])
  })

  it('begun five times while the directory is away says that it is worth coming back', () => {
    const peer = peerAt('opened')
    let frames: string[] = []
    for (let attempt = 1; attempt <= 5; attempt++) {
      peer.says(plain())
      peer.machine.authenticated({ outcome: 'unavailable' })
      frames = peer.hears()
    }
    expect(ending(frames)).toBe('resource-constraint')
    expect(peer.effects.closes[0]?.code).toBe(1013)
  })

  it('aborted again and again counts as well', () => {
    const peer = peerAt('opened')
    let frames: string[] = []
    for (let attempt = 1; attempt <= 5; attempt++) {
      peer.says(auth('PLAIN', ''))
      frames = peer.says(ABORT)
    }
    expect(ending(frames)).toBe('policy-violation')
  })

  it('does not take an answer that nobody waits for', () => {
    const peer = createPeer()
    peer.machine.authenticated({ outcome: 'accepted', device: DEVICE })
    peer.machine.scramFound?.(reply)
    peer.machine.answered(1, answerOf(0))
    expect(peer.hears()).toEqual([])
    expect(peer.says(OPEN)).toHaveLength(2)
  })
})
