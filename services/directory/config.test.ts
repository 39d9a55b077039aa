import { expect, test } from '@jest/globals'
import { readDirectoryConfig } from './config.ts'

test('nothing set is a server on this machine with sound limits', () => {
  expect(readDirectoryConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    origins: ['*'],
    trustedProxies: 0,
    limits: { lookUps: { burst: 300, refillMs: 3_600_000 } },
  })
})

test('reads what is set', () => {
  const config = readDirectoryConfig({
    ISTHMUS_DIRECTORY_PORT: '0',
    ISTHMUS_DIRECTORY_ORIGINS: 'https://a.example, https://b.example',
    ISTHMUS_DIRECTORY_LIMIT_CODES: '5/2d',
    ISTHMUS_SOMETHING_ELSE: 'x',
  })
  expect(config.port).toBe(0)
  expect(config.origins).toEqual(['https://a.example', 'https://b.example'])
  expect(config.limits.codes).toEqual({ burst: 5, refillMs: 172_800_000 })
})

test('names every variable that is wrong', () => {
  const read = () =>
    readDirectoryConfig({
      ISTHMUS_DIRECTORY_PORT: '99999',
      ISTHMUS_DIRECTORY_LIMIT_SIGN_UPS: 'many',
      ISTHMUS_DIRECTORY_LIMIT_CODES: '0/1h',
    })
  expect(read).toThrow(/ISTHMUS_DIRECTORY_PORT/)
  expect(read).toThrow(/ISTHMUS_DIRECTORY_LIMIT_SIGN_UPS: write it as requests\/time/)
  expect(read).toThrow(/ISTHMUS_DIRECTORY_LIMIT_CODES/)
})
