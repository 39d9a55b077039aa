import { ConfigError, readConfig } from '@isthmus/runtime/config'
import { expect, test } from '@jest/globals'
import { graphqlLimits, instagramConfig } from './config.ts'
import { DEFAULT_GRAPHQL_LIMITS } from './protocol/limits.ts'

test('an empty environment gives the defaults', () => {
  const config = readConfig(instagramConfig, {})
  expect(config).toMatchObject({
    ISTHMUS_INSTAGRAM_HOST: '127.0.0.1',
    ISTHMUS_INSTAGRAM_PORT: 4000,
  })
  expect(graphqlLimits(config)).toEqual(DEFAULT_GRAPHQL_LIMITS)
})

test('what is set counts', () => {
  const config = readConfig(instagramConfig, {
    ISTHMUS_INSTAGRAM_PORT: '0',
    ISTHMUS_INSTAGRAM_WINDOW: '16',
    ISTHMUS_INSTAGRAM_IDLE_SECONDS: '60',
  })
  expect(config.ISTHMUS_INSTAGRAM_PORT).toBe(0)
  expect(graphqlLimits(config)).toMatchObject({ window: 16, idleMs: 60_000 })
})

test.each(['ISTHMUS_INSTAGRAM_PORT', 'ISTHMUS_INSTAGRAM_WINDOW', 'ISTHMUS_INSTAGRAM_IDLE_SECONDS'])(
  'a wrong %s is named',
  (key) => {
    const read = (): unknown => readConfig(instagramConfig, { [key]: '-1' })
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(key)
  },
)
