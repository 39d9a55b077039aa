/** The environment keys of the WhatsApp gateway. */
import { host, integer, port } from '@isthmus/runtime/config'
import { z } from 'zod'
import { DEFAULT_XMPP_LIMITS, type XmppLimits } from './protocol/limits.ts'

export const whatsappConfig = z.object({
  ISTHMUS_WHATSAPP_HOST: host('127.0.0.1'),
  /** 0 for any free port. */
  ISTHMUS_WHATSAPP_PORT: port(5280),
  /** Letters that a client may leave unacknowledged before it gets no more. */
  ISTHMUS_WHATSAPP_WINDOW: integer(DEFAULT_XMPP_LIMITS.window, 1, 1024),
  /** Seconds of silence after which a client is asked whether it is still there. */
  ISTHMUS_WHATSAPP_IDLE_SECONDS: integer(DEFAULT_XMPP_LIMITS.idleMs / 1000, 10, 3600),
})

export type WhatsappConfig = z.output<typeof whatsappConfig>

export const xmppLimits = (config: WhatsappConfig): XmppLimits => ({
  ...DEFAULT_XMPP_LIMITS,
  window: config.ISTHMUS_WHATSAPP_WINDOW,
  idleMs: config.ISTHMUS_WHATSAPP_IDLE_SECONDS * 1000,
})
