import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { ConfigError, host, integer, port, readConfig } from './config.ts'

const schema = z.object({ HOST: host('127.0.0.1'), PORT: port(8080), COUNT: integer(5, 1, 10) })

test('has defaults, also for what is set to nothing', () => {
  const config = readConfig(schema, { PORT: '', OTHER: 'x' })
  expect(config).toEqual({ HOST: '127.0.0.1', PORT: 8080, COUNT: 5 })
})

test('reads numbers', () => {
  expect(readConfig(schema, { PORT: '0', COUNT: '10' })).toMatchObject({ PORT: 0, COUNT: 10 })
})

test('names every variable that is wrong, and says what it should be', () => {
  const read = (): unknown => readConfig(schema, { PORT: 'x', COUNT: '11' })
  expect(read).toThrow(ConfigError)
  expect(read).toThrow(/PORT: must be a port, 0 to 65535\n.*COUNT: /s)
})
