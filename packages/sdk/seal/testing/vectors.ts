/**
 * The test vectors of docs/protocols/sealing.md. `node packages/sdk/seal/testing/vectors.ts`
 * writes seal/vectors.json anew; vectors.test.ts proves what is in it.
 */
import { writeFileSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  ContentSchema,
  SealedContentSchema,
  SenderCertificateSchema,
  SenderClaimsSchema,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import nacl from 'tweetnacl'
import { open, seal } from '../box.ts'
import { sealLetter } from '../letter.ts'
import { naclPrimitives } from '../nacl.ts'
import { pad } from '../padding.ts'
import type { Primitives } from '../primitives.ts'
import { certificateInput, deviceInput, letterInput } from '../signed.ts'

export interface Vector {
  readonly name: string
  /** Everything that is chosen: secrets and bytes in hex, times in seconds or milliseconds. */
  readonly inputs: Record<string, string>
  /** Everything that follows, in the order in which it is computed, in hex. */
  readonly steps: Record<string, string>
}

export interface Refusal {
  readonly name: string
  /** Hex. */
  readonly letter: string
  readonly acceptedAt: string
  readonly reason: string
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const secret = (fill: number): string => hex(new Uint8Array(32).map((_, at) => fill + at))

export const INPUTS = {
  realmSeed: secret(0x01),
  identitySeed: secret(0x21),
  senderX25519Secret: secret(0x41),
  senderEd25519Seed: secret(0x61),
  recipientX25519Secret: secret(0x81),
  ephemeralX25519Secret: secret(0xa1),
  address: 'instagram:ada',
  deviceId: 'AAECAwQFBgcICQoLDA0ODw',
  issuedAtSeconds: '1795410000',
  expiresAtSeconds: '1796014800',
  messageId: 'm-1',
  sentAtMs: '1795411827432',
  to: 'whatsapp:14155550123',
  body: 'Hello across the isthmus',
  acceptedAtMs: '1795411827500',
} as const

type Inputs = Record<keyof typeof INPUTS, string>

/** tweetnacl's curves with an ephemeral key that is not random, for vectors alone. */
const withEphemeral = (ephemeralSecret: Uint8Array): Primitives => ({
  ...naclPrimitives,
  x25519Ephemeral: async (peer) => ({
    ephemeralPublicKey: nacl.scalarMult.base(ephemeralSecret),
    shared: nacl.scalarMult(ephemeralSecret, peer),
  }),
})

const signedBy = (seed: string, message: Uint8Array): Uint8Array =>
  nacl.sign.detached(message, nacl.sign.keyPair.fromSeed(unhex(seed)).secretKey)
const ed25519Public = (seed: string): Uint8Array =>
  nacl.sign.keyPair.fromSeed(unhex(seed)).publicKey
const x25519Public = (key: string): Uint8Array => nacl.scalarMult.base(unhex(key))

const makeCertificate = (inputs: Inputs) => {
  const x25519 = x25519Public(inputs.senderX25519Secret)
  const ed25519 = ed25519Public(inputs.senderEd25519Seed)
  const claims = toBinary(
    SenderClaimsSchema,
    create(SenderClaimsSchema, {
      address: inputs.address,
      deviceId: inputs.deviceId,
      deviceX25519: x25519,
      deviceEd25519: ed25519,
      identityEd25519: ed25519Public(inputs.identitySeed),
      issuedAt: BigInt(inputs.issuedAtSeconds),
      expiresAt: BigInt(inputs.expiresAtSeconds),
    }),
  )
  const identityInput = deviceInput(x25519, ed25519)
  const realmInput = certificateInput(claims)
  const certificate = create(SenderCertificateSchema, {
    claims,
    identitySignature: signedBy(inputs.identitySeed, identityInput),
    realmSignature: signedBy(inputs.realmSeed, realmInput),
  })
  return { x25519, ed25519, identityInput, realmInput, certificate }
}

const makeContent = (inputs: Inputs): Uint8Array =>
  toBinary(
    ContentSchema,
    create(ContentSchema, {
      id: inputs.messageId,
      sentAt: BigInt(inputs.sentAtMs),
      to: inputs.to,
      kind: { case: 'text', value: { body: inputs.body } },
    }),
  )

export const computeVector = async (name: string, inputs: Inputs): Promise<Vector> => {
  const { certificate, ...made } = makeCertificate(inputs)
  const content = makeContent(inputs)
  const recipient = x25519Public(inputs.recipientX25519Secret)
  const letter = letterInput(recipient, certificate.claims, content)
  const signature = signedBy(inputs.senderEd25519Seed, letter)
  const sealed = create(SealedContentSchema, { sender: certificate, content, signature })
  const unpadded = toBinary(SealedContentSchema, sealed)
  const padded = pad(unpadded)
  const curves = withEphemeral(unhex(inputs.ephemeralX25519Secret))
  const steps = {
    realmPublicKey: ed25519Public(inputs.realmSeed),
    identityPublicKey: ed25519Public(inputs.identitySeed),
    senderX25519PublicKey: made.x25519,
    senderEd25519PublicKey: made.ed25519,
    recipientX25519PublicKey: recipient,
    claims: certificate.claims,
    identitySignatureInput: made.identityInput,
    identitySignature: certificate.identitySignature,
    realmSignatureInput: made.realmInput,
    realmSignature: certificate.realmSignature,
    certificate: toBinary(SenderCertificateSchema, certificate),
    content,
    letterSignatureInput: letter,
    letterSignature: signature,
    unpadded,
    padded,
    ephemeralPublicKey: x25519Public(inputs.ephemeralX25519Secret),
    sharedPoint: nacl.scalarMult(unhex(inputs.ephemeralX25519Secret), recipient),
    boxKey: nacl.box.before(recipient, unhex(inputs.ephemeralX25519Secret)),
    letter: await seal(padded, recipient, curves),
  }
  const asHex = Object.entries(steps).map(([step, bytes]) => [step, hex(bytes)] as const)
  return { name, inputs, steps: Object.fromEntries(asHex) }
}

/** Letters that must not open, each with the reason. */
export const computeRefusals = async (): Promise<Refusal[]> => {
  const recipient = x25519Public(INPUTS.recipientX25519Secret)
  const curves = withEphemeral(unhex(INPUTS.ephemeralX25519Secret))
  const ed25519 = {
    publicKey: ed25519Public(INPUTS.senderEd25519Seed),
    secretKey: unhex(INPUTS.senderEd25519Seed),
  }
  const letterWith = (changes: Partial<Inputs>, key = recipient): Promise<Uint8Array> => {
    const { certificate } = makeCertificate({ ...INPUTS, ...changes })
    const sender = { certificate: toBinary(SenderCertificateSchema, certificate), ed25519 }
    return sealLetter(makeContent({ ...INPUTS, ...changes }), sender, key, curves)
  }
  const good = await letterWith({})
  const otherSecret = secret(0xc1)
  const forOther = await letterWith({}, x25519Public(otherSecret))
  const other = { publicKey: x25519Public(otherSecret), secretKey: unhex(otherSecret) }
  const passedOn = await seal(await open(forOther, other, curves), recipient, curves)
  const lowOrder = good.slice()
  lowOrder.fill(0, 0, 32)
  const changed = good.slice()
  changed[100] = (changed[100] ?? 0) ^ 1
  const late = String((Number(INPUTS.expiresAtSeconds) + 301) * 1_000)
  const refusal = (name: string, letter: Uint8Array, reason: string, acceptedAt?: string) => ({
    ...{ name, letter: hex(letter), reason },
    acceptedAt: acceptedAt ?? INPUTS.acceptedAtMs,
  })
  return [
    refusal('a changed bit', changed, 'not-for-us'),
    refusal('sealed for another device', forOther, 'not-for-us'),
    refusal('an ephemeral key of low order', lowOrder, 'malformed'),
    refusal('shorter than a box', good.slice(0, 47), 'malformed'),
    refusal(
      'not padded to a bucket',
      await seal(new Uint8Array(100), recipient, curves),
      'malformed',
    ),
    refusal('written for another device and passed on to this one', passedOn, 'bad-signature'),
    refusal(
      'signed by another realm',
      await letterWith({ realmSeed: otherSecret }),
      'bad-certificate',
    ),
    refusal(
      'not an address in canonical form',
      await letterWith({ address: 'instagram:Ada' }),
      'bad-certificate',
    ),
    refusal('accepted after the certificate was over', good, 'expired-certificate', late),
  ]
}

export const computeAll = async () => ({
  vectors: [
    await computeVector('a text message', INPUTS),
    // So long that the gap to the bucket is 130 bytes, which takes two padding fields.
    await computeVector('a gap that takes two padding fields', {
      ...INPUTS,
      body: 'x'.repeat(494),
    }),
  ],
  refusals: await computeRefusals(),
})

if (import.meta.main) {
  const file = new URL('../vectors.json', import.meta.url)
  writeFileSync(file, `${JSON.stringify(await computeAll(), null, 2)}\n`)
}
