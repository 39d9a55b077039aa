import { expect, test } from '@jest/globals'
import { ConfigError, readConfig } from '@isthmus/runtime/config'
import { whatsappConfig, xmppLimits } from './config.ts'
import { DEFAULT_XMPP_LIMITS } from './protocol/limits.ts'

test('nothing set gives the defaults', () => {
  const config = readConfig(whatsappConfig, {})
  expect(config).toMatchObject({
    ISTHMUS_WHATSAPP_HOST: '127.0.0.1',
    ISTHMUS_WHATSAPP_PORT: 5280,
  })
  expect(xmppLimits(config)).toEqual(DEFAULT_XMPP_LIMITS)
})

test('the limits can be set', () => {
  const env = { ISTHMUS_WHATSAPP_WINDOW: '7', ISTHMUS_WHATSAPP_IDLE_SECONDS: '30' }
  const config = readConfig(whatsappConfig, env)
  expect(xmppLimits(config)).toMatchObject({ window: 7, idleMs: 30_000 })
})

test.each([
  ['ISTHMUS_WHATSAPP_PORT', '65536'],
  ['ISTHMUS_WHATSAPP_WINDOW', '0'],
  ['ISTHMUS_WHATSAPP_IDLE_SECONDS', 'long'],
])('%s=%s is refused by name', (key, value) => {
  expect(() => readConfig(whatsappConfig, { [key]: value })).toThrow(ConfigError)
  expect(() => readConfig(whatsappConfig, { [key]: value })).toThrow(key)
})
