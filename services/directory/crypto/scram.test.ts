import { createHmac } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { scramKeys } from './scram.ts'

test('the exchange of RFC 7677 section 3', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const { storedKey, serverKey } = await scramKeys('pencil', salt, 4_096)
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const authMessage = [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    `c=biws,r=${nonce}`,
  ].join(',')
  const hmac = (key: Uint8Array) => createHmac('sha256', key).update(authMessage).digest()
  expect(hmac(serverKey).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  // ClientProof XOR ClientSignature is the ClientKey, whose hash is the StoredKey.
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
  const signature = hmac(storedKey)
  const clientKey = proof.map((byte, i) => byte ^ signature[i]!)
  const hashed = Buffer.from(await crypto.subtle.digest('SHA-256', clientKey))
  expect(hashed.equals(storedKey)).toBe(true)
})
