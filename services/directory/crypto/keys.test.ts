import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { isUsableEd25519, isUsableX25519, verifyEd25519 } from './keys.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const raw = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'raw-public' }))

/** p - 1, p and p + 1, little-endian. */
const nearP = ['ec', 'ed', 'ee'].map((low) => `${low}${'ff'.repeat(30)}7f`)

describe('X25519', () => {
  // The u of every point of low order on the curve and on its twist, canonical or not.
  test.each([
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    ...nearP,
    // RFC 7748 section 5: the most significant bit of u is ignored.
    `${'00'.repeat(31)}80`,
  ])('refuses %s', (key) => {
    expect(isUsableX25519(hex(key))).toBe(false)
  })

  test('takes generated keys and RFC 7748’s, of 32 bytes alone', () => {
    const { publicKey } = generateKeyPairSync('x25519')
    expect(isUsableX25519(raw(publicKey))).toBe(true)
    const alice = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    expect(isUsableX25519(alice)).toBe(true)
    expect(isUsableX25519(alice.subarray(1))).toBe(false)
    expect(isUsableX25519(new Uint8Array(33).fill(9))).toBe(false)
  })
})

describe('Ed25519', () => {
  const lowOrder = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    ...nearP,
  ]
  const withSign = lowOrder.map((key) => {
    const bytes = hex(key)
    bytes[31]! |= 0x80
    return Buffer.from(bytes).toString('hex')
  })

  test.each([...lowOrder, ...withSign])('refuses %s', (key) => {
    expect(isUsableEd25519(hex(key))).toBe(false)
  })

  test('refuses what is not on the curve', () => {
    // y = 2: (y² - 1) / (d·y² + 1) is no square.
    expect(isUsableEd25519(hex(`02${'00'.repeat(31)}`))).toBe(false)
  })

  test('takes generated keys and RFC 8032’s, of 32 bytes alone', () => {
    for (let i = 0; i < 20; i++) {
      expect(isUsableEd25519(raw(generateKeyPairSync('ed25519').publicKey))).toBe(true)
    }
    const rfc = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    expect(isUsableEd25519(rfc)).toBe(true)
    expect(isUsableEd25519(rfc.subarray(1))).toBe(false)
  })

  test('verifies what was signed, and nothing else', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const message = new Uint8Array([1, 2, 3])
    const signature = new Uint8Array(sign(undefined, message, privateKey))
    expect(verifyEd25519(raw(publicKey), message, signature)).toBe(true)
    expect(verifyEd25519(raw(publicKey), new Uint8Array([1, 2]), signature)).toBe(false)
    expect(verifyEd25519(raw(publicKey), message, signature.subarray(1))).toBe(false)
    expect(verifyEd25519(new Uint8Array(31), message, signature)).toBe(false)
  })
})
