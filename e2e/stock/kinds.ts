/** Every stock client that the stories are told with. */
import type { Network } from '@isthmus/runtime/address'
import type { StockKind } from './client.ts'
import { graphqlWs } from './graphql-ws.ts'
import { mqttjs4, mqttjs5 } from './mqttjs.ts'
import { strophe } from './strophe.ts'
import { urql } from './urql.ts'
import { xmppjs } from './xmppjs.ts'

export const KINDS: readonly StockKind[] = [xmppjs, strophe, mqttjs4, mqttjs5, graphqlWs, urql]

/** One client for each network, for stories in which the library does not matter. */
export const ONE_OF: Readonly<Record<Network, StockKind>> = {
  whatsapp: xmppjs,
  messenger: mqttjs5,
  instagram: graphqlWs,
}
