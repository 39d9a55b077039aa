/** XMPP's words, written by hand, and a stream that has logged in. */
import type { Address } from '@isthmus/runtime/address'
import { LoginRefused, REALM, type Credentials, type Sealed } from './client.ts'
import { Socket } from './socket.ts'

export const FRAMING = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'"
export const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
export const SM = "xmlns='urn:xmpp:sm:3'"
export const CLIENT = "xmlns='jabber:client'"
export const BIND = `<iq ${CLIENT} type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`
export const PRESENCE = `<presence ${CLIENT}/>`
export const OPEN = `<open ${FRAMING} to='whatsapp.${REALM}' version='1.0'/>`

export const jidOf = ({ network, handle }: Address): string => `${handle}@${network}.${REALM}`

export const plainAuth = (handle: string, token: string, authzid = ''): string => {
  const credentials = Buffer.from(`${authzid}\0${handle}\0${token}`).toString('base64')
  return `<auth ${SASL} mechanism='PLAIN'>${credentials}</auth>`
}

export const sealedStanza = (to: string, id: string, letters: readonly Sealed[]): string => {
  const inside = letters.map(
    ({ device, sealed }) =>
      `<letter device='${device}'>${Buffer.from(sealed).toString('base64')}</letter>`,
  )
  return (
    `<message ${CLIENT} to='${to}' id='${id}' type='chat'>` +
    `<sealed xmlns='urn:isthmus:sealed:1'>${inside.join('')}</sealed></message>`
  )
}

export const attribute = (stanza: string, name: string): string =>
  new RegExp(`[ ']${name}=["']([^"']*)["']`).exec(stanza)?.[1] ?? ''

/** What a stream error says. */
export const conditionOf = (frame: string): string =>
  /<stream:error[^>]*><([a-z-]+)/.exec(frame)?.[1] ?? ''

/** An authenticated stream, opened again, with no resource yet. */
export const login = async (url: string, { handle, token }: Credentials): Promise<Socket> => {
  const socket = await Socket.open(url, 'xmpp')
  const open = async (): Promise<void> => {
    socket.send(OPEN)
    await socket.next('<open/>')
    await socket.next('stream features')
  }
  await open()
  socket.send(plainAuth(handle, token))
  const outcome = (await socket.next('the outcome of SASL')).toString()
  if (!outcome.startsWith('<success')) {
    socket.drop()
    throw new LoginRefused(/<failure[^>]*><([a-z-]+)/.exec(outcome)?.[1] ?? outcome)
  }
  await open()
  return socket
}
