/** The Instagram gateway: its protocol on the gateway core's WebSocket shell. */
import type { GatewayDeps } from '@isthmus/gateway-core/gateway'
import { serveGateway, type GatewayServer, type ServeOptions } from '@isthmus/gateway-core/serve'
import { graphqlLimits, type InstagramConfig } from './config.ts'
import { createGraphqlProtocol } from './machine.ts'

/** @throws Error with code EADDRINUSE or EACCES when the port can't be had. */
export const startInstagramGateway = (
  deps: GatewayDeps,
  config: InstagramConfig,
  shared: Pick<ServeOptions, 'allowedOrigins' | 'limits'>,
): Promise<GatewayServer> =>
  serveGateway(createGraphqlProtocol(graphqlLimits(config)), deps, {
    ...shared,
    host: config.ISTHMUS_INSTAGRAM_HOST,
    port: config.ISTHMUS_INSTAGRAM_PORT,
  })
