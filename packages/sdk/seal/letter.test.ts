import { describe, expect, test } from '@jest/globals'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  ContentSchema,
  SealedContentSchema,
  SenderCertificateSchema,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import fc from 'fast-check'
import { createTestRealm, type CertificateChanges, type TestDevice } from '../testing/realm.ts'
import { open, seal } from './box.ts'
import { rememberCertificates } from './certificate.ts'
import { SealError } from './error.ts'
import { openLetter, sealLetter } from './letter.ts'
import { nativePrimitives as curves } from './native.ts'
import { pad } from './padding.ts'

const NOW = 1_795_411_827_432
const DAY = 86_400_000
const realm = await createTestRealm(curves, NOW)
const ada = await realm.device('instagram:ada')
const bob = await realm.device('whatsapp:14155550123')

const contentOf = (changes: { id?: string; to?: string; body?: string } = {}): Uint8Array =>
  toBinary(
    ContentSchema,
    create(ContentSchema, {
      id: changes.id ?? 'm1',
      sentAt: BigInt(NOW),
      to: changes.to ?? bob.address,
      kind: { case: 'text', value: { body: changes.body ?? 'hello' } },
    }),
  )

const letterFrom = (sender: TestDevice, content = contentOf()): Promise<Uint8Array> =>
  sealLetter(content, sender, bob.x25519.publicKey)

const openAt = (letter: Uint8Array, acceptedAt = NOW, reader = bob.x25519) =>
  openLetter(letter, reader, { realmKey: realm.certificateKey, acceptedAt })

const reasonOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof SealError) return error.reason
    throw error
  }
  return 'none'
}

/** Seals bytes to Bob as they are, as somebody who does not follow the format would. */
const sealRaw = (plaintext: Uint8Array): Promise<Uint8Array> =>
  seal(plaintext, bob.x25519.publicKey)

describe('letter', () => {
  test('opens for its device, with its sender and content', async () => {
    const letter = await letterFrom(ada)
    expect(letter.length).toBe(512 + 48)
    const { sender, content } = await openAt(letter)
    expect(sender).toMatchObject({ address: 'instagram:ada', deviceId: ada.deviceId })
    expect(content.id).toBe('m1')
    expect(content.kind).toMatchObject({ case: 'text', value: { body: 'hello' } })
  })

  test('a text of 60,000 bytes fits', async () => {
    const body = 'x'.repeat(60_000)
    const letter = await letterFrom(ada, contentOf({ body }))
    expect(letter.length).toBe(65_536)
    expect((await openAt(letter)).content.kind.value).toMatchObject({ body })
  })

  test('a content over the largest bucket is the caller’s RangeError', async () => {
    const body = 'x'.repeat(65_488)
    await expect(letterFrom(ada, contentOf({ body }))).rejects.toThrow(RangeError)
  })

  test('a recipient can’t pass a letter on as if it had been written to somebody else', async () => {
    const eve = await realm.device('messenger:eve.adams')
    const plaintext = await open(await letterFrom(ada), bob.x25519)
    const passedOn = await seal(plaintext, eve.x25519.publicKey)
    expect(await reasonOf(openAt(passedOn, NOW, eve.x25519))).toBe('bad-signature')
  })

  test('another device’s certificate, a changed content, claims of another letter', async () => {
    const eve = await realm.device('messenger:eve.adams')
    const asAda = { certificate: ada.certificate, ed25519: eve.ed25519 }
    const forged = await sealLetter(contentOf(), asAda, bob.x25519.publicKey)
    expect(await reasonOf(openAt(forged))).toBe('bad-signature')

    const plaintext = await open(await letterFrom(ada), bob.x25519)
    const sealed = fromBinary(SealedContentSchema, plaintext)
    const repack = async (changes: object): Promise<string> => {
      const changed = create(SealedContentSchema, {
        ...{ sender: sealed.sender!, content: sealed.content, signature: sealed.signature },
        ...changes,
      })
      return reasonOf(openAt(await sealRaw(pad(toBinary(SealedContentSchema, changed)))))
    }
    expect(await repack({})).toBe('none')
    expect(await repack({ content: contentOf({ body: 'other' }) })).toBe('bad-signature')
    expect(await repack({ signature: new Uint8Array(64) })).toBe('bad-signature')
    expect(await repack({ signature: new Uint8Array(0) })).toBe('bad-signature')
    expect(await repack({ sender: fromBinary(SenderCertificateSchema, eve.certificate) })).toBe(
      'bad-signature',
    )
    expect(await repack({ sender: undefined })).toBe('bad-certificate')
  })

  test('a letter to another address, when the reader says which are theirs', async () => {
    const letter = await letterFrom(ada, contentOf({ to: 'instagram:bob' }))
    const base = { realmKey: realm.certificateKey, acceptedAt: NOW }
    const as = (addresses: string[]) => openLetter(letter, bob.x25519, { ...base, addresses })
    expect(await reasonOf(as([bob.address]))).toBe('wrong-recipient')
    expect(await reasonOf(as([bob.address, 'instagram:bob']))).toBe('none')
  })

  test('not padded to a bucket, or not protobuf: malformed', async () => {
    const plaintext = await open(await letterFrom(ada), bob.x25519)
    expect(await reasonOf(openAt(await sealRaw(plaintext.subarray(0, -1))))).toBe('malformed')
    expect(await reasonOf(openAt(await sealRaw(new Uint8Array(256).fill(255))))).toBe('malformed')
  })

  test.each(['', 'x'.repeat(65)])('a message id of the wrong length is malformed', async (id) => {
    expect(await reasonOf(openAt(await letterFrom(ada, contentOf({ id }))))).toBe('malformed')
  })
})

describe('certificate', () => {
  const reasonWith = async (changes: CertificateChanges, acceptedAt = NOW): Promise<string> =>
    reasonOf(openAt(await letterFrom(await realm.device('instagram:eve', changes)), acceptedAt))

  test('is checked for the moment at which the relay accepted the letter', async () => {
    const valid = { issuedAt: NOW - DAY, expiresAt: NOW + DAY }
    const seen = (at: number): Promise<string> => reasonWith(valid, at)
    expect(await seen(NOW)).toBe('none')
    expect(await seen(NOW + DAY + 299_000)).toBe('none')
    expect(await seen(NOW + DAY + 301_000)).toBe('expired-certificate')
    expect(await seen(NOW - DAY - 299_000)).toBe('none')
    expect(await seen(NOW - DAY - 301_000)).toBe('expired-certificate')
  })

  test('that was verified before is not believed when one of its parts changed', async () => {
    const options = {
      ...{ realmKey: realm.certificateKey, acceptedAt: NOW, verified: rememberCertificates() },
    }
    const good = await letterFrom(ada)
    await openLetter(good, bob.x25519, options)
    await openLetter(good, bob.x25519, options)
    const certificate = fromBinary(SenderCertificateSchema, ada.certificate)
    const change = (bytes: Uint8Array): Uint8Array =>
      bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte))
    for (const part of ['claims', 'identitySignature', 'realmSignature'] as const) {
      const changed = create(SenderCertificateSchema, {
        ...certificate,
        [part]: change(certificate[part]),
      })
      const bytes = toBinary(SenderCertificateSchema, changed)
      const letter = await letterFrom({ ...ada, certificate: bytes })
      expect(await reasonOf(openLetter(letter, bob.x25519, options))).toBe('bad-certificate')
    }
    const late = { ...options, acceptedAt: NOW + 30 * DAY }
    expect(await reasonOf(openLetter(good, bob.x25519, late))).toBe('expired-certificate')
  })

  test('needs the realm’s and the identity’s signature', async () => {
    const stranger = await curves.ed25519KeyPair()
    expect(await reasonWith({ realmSigner: stranger })).toBe('bad-certificate')
    expect(await reasonWith({ identitySigner: stranger })).toBe('bad-certificate')
  })

  test.each(['instagram:Eve', 'tiktok:eve', 'whatsapp:+14155550123', '', 'eve'])(
    'must name an address in canonical form, not %p',
    async (address) => expect(await reasonWith({ address })).toBe('bad-certificate'),
  )

  test('must name a device id', async () => {
    expect(await reasonWith({ deviceId: 'phone' })).toBe('bad-certificate')
  })
})

describe('on arbitrary bytes only SealError escapes', () => {
  const attempts = { numRuns: 150 }

  test('as a letter', async () => {
    const attempt = async (letter: Uint8Array): Promise<void> => {
      expect(await reasonOf(openAt(letter))).toMatch(/^(malformed|not-for-us)$/)
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), attempt), attempts)
  })

  test('as the plaintext of a letter', async () => {
    const attempt = async (plaintext: Uint8Array): Promise<void> => {
      expect(await reasonOf(openAt(await sealRaw(plaintext)))).not.toBe('none')
    }
    const bytes = fc.uint8Array({ minLength: 256, maxLength: 256 })
    await fc.assert(fc.asyncProperty(bytes, attempt), attempts)
    const fields = fc
      .uint8Array({ maxLength: 200 })
      .map((noise) => pad(Uint8Array.of(0x0a, noise.length & 0x7f, ...noise)))
    await fc.assert(fc.asyncProperty(fields, attempt), attempts)
  })

  test('as a real letter’s plaintext with changed bytes', async () => {
    const plaintext = await open(await letterFrom(ada), bob.x25519)
    const signedPart = async (letter: Uint8Array): Promise<object> => {
      const { sender, content } = await openAt(letter)
      return { sender, content: Buffer.from(toBinary(ContentSchema, content)) }
    }
    const signed = await signedPart(await sealRaw(plaintext))
    const attempt = async (changes: [number, number][]): Promise<void> => {
      const changed = plaintext.slice()
      for (const [at, byte] of changes) changed[at] = byte
      const letter = await sealRaw(changed)
      const reason = await reasonOf(openAt(letter))
      // Nobody reads the padding; everything before it is signed.
      if (reason === 'none') expect(await signedPart(letter)).toEqual(signed)
    }
    const change = fc.tuple(fc.nat(plaintext.length - 1), fc.nat(255))
    await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 4 }), attempt), {
      numRuns: 400,
    })
  })

  test('as a signed content', async () => {
    const attempt = async (content: Uint8Array): Promise<void> => {
      const reason = await reasonOf(openAt(await letterFrom(ada, content)))
      expect(['malformed', 'none']).toContain(reason)
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), attempt), attempts)
  })

  test('as deeply nested groups', async () => {
    const groups = new Uint8Array(65_488).fill(0x1b)
    expect(await reasonOf(openAt(await sealRaw(groups)))).toBe('malformed')
  })
})
