/** The curves by tweetnacl: everywhere, and slowly (seal.bench.ts says how slowly). */
import nacl from 'tweetnacl'
import { randomBytes } from '../bytes.ts'
import type { KeyPair, Primitives } from './primitives.ts'
import { isStrictSignature, refuseLowOrder } from './strict.ts'

const x25519KeyPair = (): KeyPair => nacl.box.keyPair.fromSecretKey(randomBytes(32))

const x25519 = (secretKey: Uint8Array, peer: Uint8Array): Uint8Array =>
  refuseLowOrder(nacl.scalarMult(secretKey, peer))

export const naclPrimitives: Primitives = {
  name: 'tweetnacl',
  x25519KeyPair: async () => x25519KeyPair(),
  x25519: async (secretKey, peer) => x25519(secretKey, peer),
  x25519Ephemeral: async (peer) => {
    const ephemeral = x25519KeyPair()
    return {
      ephemeralPublicKey: ephemeral.publicKey,
      shared: x25519(ephemeral.secretKey, peer),
    }
  },
  ed25519KeyPair: async () => {
    const secretKey = randomBytes(32)
    return { publicKey: nacl.sign.keyPair.fromSeed(secretKey).publicKey, secretKey }
  },
  sign: async (secretKey, message) =>
    nacl.sign.detached(message, nacl.sign.keyPair.fromSeed(secretKey).secretKey),
  verify: async (publicKey, message, signature) =>
    isStrictSignature(publicKey, signature) &&
    nacl.sign.detached.verify(message, signature, publicKey),
}
