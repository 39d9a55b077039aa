import type { Context } from 'hono'
import { expect, test } from '@jest/globals'
import type { Env } from './api.ts'
import { clientKey, createClientOf } from './client-address.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1:2:3:192.0.2.7', '0:0:0:1'],
  ['', ''],
])('%s counts as %s', (address, key) => expect(clientKey(address)).toBe(key))

const context = (remoteAddress: string, forwarded?: string) =>
  ({
    env: { incoming: { socket: { remoteAddress } } },
    req: { header: () => forwarded },
  }) as unknown as Context<Env>

test('what a client writes into X-Forwarded-For does not count', () => {
  const spoofed = '198.51.100.1, 203.0.113.9'
  expect(createClientOf(0)(context('192.0.2.7', spoofed))).toBe('192.0.2.7')
  expect(createClientOf(1)(context('192.0.2.7', spoofed))).toBe('203.0.113.9')
  expect(createClientOf(2)(context('192.0.2.7', spoofed))).toBe('198.51.100.1')
  expect(createClientOf(1)(context('192.0.2.7'))).toBe('192.0.2.7')
})
