/** Verifying must leave what it was given as it was, also where a Buffer's slice shares memory. */
import { expect, test } from '@jest/globals'
import { naclPrimitives } from './nacl.ts'
import { nativePrimitives } from './native.ts'

test.each([naclPrimitives, nativePrimitives])(
  '$name: verify changes no argument',
  async (curves) => {
    const message = Buffer.from('a message')
    for (let round = 0; round < 5; round++) {
      const { publicKey, secretKey } = await curves.ed25519KeyPair()
      const key = Buffer.from(publicKey)
      const signature = Buffer.from(await curves.sign(secretKey, message))
      const before = [key, signature, message].map((bytes) => bytes.toString('hex'))
      expect(await curves.verify(key, message, signature)).toBe(true)
      expect([key, signature, message].map((bytes) => bytes.toString('hex'))).toEqual(before)
    }
  },
)
