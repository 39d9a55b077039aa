/**
 * Logs: JSON lines on standard error by pino. What is logged are ids, counts, codes and times,
 * never a handle, an address, a token or a frame's content (P5).
 */
import { pino, type Logger as PinoLogger } from 'pino'

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export const createLogger = (level: LogLevel, service: string): Logger =>
  pino({ level, base: { service } }, pino.destination({ fd: 2, sync: true }))

export const silentLogger: Logger = pino({ level: 'silent' })
