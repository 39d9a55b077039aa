/** The Messenger gateway as a service: its protocol on the gateway core. */
import type { GatewayDeps } from '@isthmus/gateway-core/gateway'
import { serveGateway, type GatewayServer, type ServeOptions } from '@isthmus/gateway-core/serve'
import { mqttLimits, type MessengerConfig } from './config.ts'
import { createMqttProtocol } from './machine.ts'

/** @throws Error with code EADDRINUSE or EACCES when the port can't be had. */
export const startMessengerGateway = (
  deps: GatewayDeps,
  config: MessengerConfig,
  options: Pick<ServeOptions, 'allowedOrigins' | 'limits'>,
): Promise<GatewayServer> => {
  const limits = {
    ...mqttLimits(config),
    // A client is promised its session for as long as the core holds it, not longer.
    maxSessionExpirySeconds: Math.floor(options.limits.holdMs / 1_000),
  }
  return serveGateway(createMqttProtocol(limits), deps, {
    ...options,
    host: config.ISTHMUS_MESSENGER_HOST,
    port: config.ISTHMUS_MESSENGER_PORT,
  })
}
