/**
 * An xmpp.js client of the parts that WebSocket needs. The package @xmpp/client would add TCP, TLS
 * and DNS, which no browser has, and a reconnection of its own.
 */
import { Client, type ClientOptions } from '@xmpp/client-core'
import iqCallee from '@xmpp/iq/callee.js'
import iqCaller from '@xmpp/iq/caller.js'
import middleware from '@xmpp/middleware'
import resourceBinding from '@xmpp/resource-binding'
import sasl, { type SaslCredentials } from '@xmpp/sasl'
import saslPlain from '@xmpp/sasl-plain'
import streamFeatures from '@xmpp/stream-features'
import streamManagement, { type StreamManagement } from '@xmpp/stream-management'
import websocket from '@xmpp/websocket'
import SASLFactory from 'saslmechanisms'

export interface XmppEntity {
  readonly entity: Client
  readonly streamManagement: StreamManagement
}

export const createEntity = (options: ClientOptions, credentials: SaslCredentials): XmppEntity => {
  const entity = new Client(options)
  websocket({ entity })
  const stanzas = middleware({ entity })
  const features = streamFeatures({ middleware: stanzas })
  const saslFactory = new SASLFactory()
  saslPlain(saslFactory)
  // The features in the order in which they are negotiated.
  sasl({ streamFeatures: features, saslFactory }, (authenticate) =>
    authenticate(credentials, 'PLAIN'),
  )
  const management = streamManagement({ streamFeatures: features, entity, middleware: stanzas })
  resourceBinding({
    iqCaller: iqCaller({ middleware: stanzas, entity }),
    streamFeatures: features,
  })
  iqCallee({ middleware: stanzas, entity }).get('urn:xmpp:ping', 'ping', () => ({}))
  return { entity, streamManagement: management }
}
