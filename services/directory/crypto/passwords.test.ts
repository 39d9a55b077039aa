import { expect, test } from '@jest/globals'
import { createPasswords } from './passwords.ts'

let computed = 0
const passwords = createPasswords((task) => {
  computed++
  return task()
})

test('verifies the password that was hashed, in a PHC string with OWASP’s cost', async () => {
  const phc = await passwords.hash('correct horse')
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(await passwords.verify('correct horse', phc)).toBe(true)
  expect(await passwords.verify('correct horsf', phc)).toBe(false)
  expect(await passwords.hash('correct horse')).not.toBe(phc)
})

test('verifies a hash that another implementation made, with its own cost', async () => {
  // From the tests of Argon2's reference implementation: 64 MiB, salt "somesalt".
  const phc =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await passwords.verify('password', phc)).toBe(true)
  expect(await passwords.verify('passwort', phc)).toBe(false)
})

test('compares in NFC', async () => {
  const phc = await passwords.hash('Zoe\u0308 schläft')
  expect(await passwords.verify('Zo\u00eb schläft', phc)).toBe(true)
})

test('does the same work when there is nothing to compare with', async () => {
  computed = 0
  expect(await passwords.verify('correct horse', undefined)).toBe(false)
  expect(computed).toBe(1)
})
