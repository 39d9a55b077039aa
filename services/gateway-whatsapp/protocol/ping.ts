/** XMPP ping (XEP-0199), from the server: is the client still there? */
import { xml } from './element.ts'
import { NS } from './namespaces.ts'

export const pingRequest = (id: string, from: string, to: string): string => {
  const header = { xmlns: NS.client, type: 'get', id, from, to }
  return xml('iq', header, xml('ping', { xmlns: NS.ping }))
}
