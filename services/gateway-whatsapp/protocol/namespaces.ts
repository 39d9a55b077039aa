/** The XML namespaces that the gateway speaks. */
export const NS = {
  /** RFC 7395. */
  framing: 'urn:ietf:params:xml:ns:xmpp-framing',
  /** RFC 6120. */
  client: 'jabber:client',
  streams: 'http://etherx.jabber.org/streams',
  streamErrors: 'urn:ietf:params:xml:ns:xmpp-streams',
  stanzaErrors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  /** RFC 6121. */
  roster: 'jabber:iq:roster',
  /** XEP-0030. */
  discoInfo: 'http://jabber.org/protocol/disco#info',
  discoItems: 'http://jabber.org/protocol/disco#items',
  /** XEP-0198. */
  management: 'urn:xmpp:sm:3',
  /** XEP-0199. */
  ping: 'urn:xmpp:ping',
  /** docs/protocols/xmpp.md. */
  sealed: 'urn:isthmus:sealed:1',
  errors: 'urn:isthmus:errors:1',
} as const
