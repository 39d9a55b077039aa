/** The light client of a network's protocol. */
import type { Network } from '@isthmus/runtime/address'
import type { Connect } from './client.ts'
import { connectGraphql } from './graphql.ts'
import { connectMqtt } from './mqtt.ts'
import { connectXmpp } from './xmpp-client.ts'

const CONNECT: Record<Network, Connect> = {
  whatsapp: connectXmpp,
  messenger: connectMqtt,
  instagram: connectGraphql,
}

export const connectClient: Connect = (urls, who, events, options) =>
  CONNECT[who.network](urls, who, events, options)
