/** The WhatsApp gateway: its protocol on the gateway core's WebSocket shell. */
import type { GatewayDeps } from '@isthmus/gateway-core/gateway'
import { serveGateway, type GatewayServer, type ServeOptions } from '@isthmus/gateway-core/serve'
import { xmppLimits, type WhatsappConfig } from './config.ts'
import { createXmppProtocol } from './machine.ts'

/** @throws Error with code EADDRINUSE or EACCES when the port can't be had. */
export const startWhatsAppGateway = (
  deps: GatewayDeps,
  config: WhatsappConfig,
  shared: Pick<ServeOptions, 'allowedOrigins' | 'limits'>,
): Promise<GatewayServer> => {
  const limits = {
    ...xmppLimits(config),
    // A client is promised its session for as long as the core holds it, not longer.
    resumeSeconds: Math.floor(shared.limits.holdMs / 1000),
  }
  return serveGateway(createXmppProtocol(limits), deps, {
    ...shared,
    host: config.ISTHMUS_WHATSAPP_HOST,
    port: config.ISTHMUS_WHATSAPP_PORT,
  })
}
