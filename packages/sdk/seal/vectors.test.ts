import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import sodium from 'libsodium-wrappers'
import { SealError } from './error.ts'
import { openLetter } from './letter.ts'
import { naclPrimitives } from './nacl.ts'
import { nativePrimitives } from './native.ts'
import { computeAll, INPUTS, type Refusal, type Vector } from './testing/vectors.ts'

const kept = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly Vector[]
  readonly refusals: readonly Refusal[]
}
const unhex = (text = ''): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const [first] = kept.vectors
const recipient = {
  publicKey: unhex(first?.steps['recipientX25519PublicKey']),
  secretKey: unhex(first?.inputs['recipientX25519Secret']),
}
const realmKey = unhex(first?.steps['realmPublicKey'])

beforeAll(() => sodium.ready)

test('the vectors are what the code computes', async () => {
  expect(kept).toEqual(await computeAll())
})

describe.each(kept.vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
  const step = (name: string): Uint8Array => unhex(vector.steps[name])

  test.each([nativePrimitives, naclPrimitives])('opens with $name curves', async (primitives) => {
    const acceptedAt = Number(INPUTS.acceptedAtMs)
    const options = { realmKey, acceptedAt, primitives }
    const { sender, content } = await openLetter(step('letter'), recipient, options)
    expect(sender.address).toBe(vector.inputs['address'])
    expect(content.kind.value).toMatchObject({ body: vector.inputs['body'] })
  })

  test('every step is what libsodium computes', () => {
    const { inputs } = vector
    const seed = (name: string): Uint8Array => unhex(inputs[name])
    const signed = (seedName: string, input: string): string =>
      hex(
        sodium.crypto_sign_detached(
          step(input),
          sodium.crypto_sign_seed_keypair(seed(seedName)).privateKey,
        ),
      )
    expect(signed('identitySeed', 'identitySignatureInput')).toBe(vector.steps['identitySignature'])
    expect(signed('realmSeed', 'realmSignatureInput')).toBe(vector.steps['realmSignature'])
    expect(signed('senderEd25519Seed', 'letterSignatureInput')).toBe(
      vector.steps['letterSignature'],
    )
    const claimsHash = createHash('sha256').update(step('claims')).digest('hex')
    expect(vector.steps['letterSignatureInput']).toContain(claimsHash)

    const ephemeral = seed('ephemeralX25519Secret')
    const point = sodium.crypto_scalarmult(ephemeral, recipient.publicKey)
    expect(hex(point)).toBe(vector.steps['sharedPoint'])
    const key = sodium.crypto_box_beforenm(recipient.publicKey, ephemeral)
    expect(hex(key)).toBe(vector.steps['boxKey'])
    const { publicKey, secretKey } = recipient
    const opened = sodium.crypto_box_seal_open(step('letter'), publicKey, secretKey)
    expect(hex(opened)).toBe(vector.steps['padded'])
  })
})

test.each(kept.refusals)('refused: $name', async ({ letter, acceptedAt, reason }) => {
  for (const primitives of [nativePrimitives, naclPrimitives]) {
    const options = { realmKey, acceptedAt: Number(acceptedAt), primitives }
    const opening = openLetter(unhex(letter), recipient, options)
    await expect(opening).rejects.toThrow(SealError)
    await expect(opening).rejects.toMatchObject({ reason })
  }
})
