/**
 * XMPP over WebSocket for the load: writes stanzas by hand and reads them by looking for the few
 * things that it waits for. Also drives ejabberd, where the letter rides in the stanza as it is.
 */
import { WebSocket } from 'ws'
import type { CreateDriver } from './driver.ts'

const FRAMING = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'"
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
const SM = "xmlns='urn:xmpp:sm:3'"
const BIND =
  "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>load</resource></bind></iq>"

const attribute = (stanza: string, name: string): string =>
  new RegExp(`\\b${name}=["']([^"']*)["']`).exec(stanza)?.[1] ?? ''

const letterIn = (stanza: string): string => {
  const open = stanza.indexOf('<letter')
  const begin = stanza.indexOf('>', open) + 1
  return stanza.slice(begin, stanza.indexOf('</letter', begin))
}

export const xmppDriver =
  (plain: boolean): CreateDriver =>
  ({ url, realm, handle, token }, events) => {
    const domain = plain ? realm : `whatsapp.${realm}`
    const socket = new WebSocket(url, 'xmpp', { perMessageDeflate: false })
    const ready = Promise.withResolvers<void>()
    const say = (stanza: string): void => socket.send(stanza)
    let authenticated = false
    let receiving = false
    let accepted = 0
    let received = 0
    let opening = true

    const open = (): void => say(`<open ${FRAMING} to='${domain}' version='1.0'/>`)
    const login = (): void => {
      const plainAuth = Buffer.from(`\0${handle}\0${token}`).toString('base64')
      say(`<auth ${SASL} mechanism='PLAIN'>${plainAuth}</auth>`)
    }

    const handshake = (stanza: string): void => {
      if (stanza.includes('features')) {
        if (authenticated) say(BIND)
        else login()
      } else if (stanza.startsWith('<success')) {
        authenticated = true
        open()
      } else if (stanza.includes('urn:ietf:params:xml:ns:xmpp-bind')) say(`<enable ${SM}/>`)
      else if (stanza.startsWith('<enabled')) {
        if (receiving) say("<presence xmlns='jabber:client'/>")
        opening = false
        // ejabberd shows the own presence back once others can write to it.
        if (!(plain && receiving)) ready.resolve()
      } else if (!stanza.startsWith('<open')) ready.reject(new Error(stanza))
    }

    const online = (stanza: string): void => {
      if (stanza.startsWith('<a ')) {
        const h = Number(attribute(stanza, 'h'))
        const own = receiving ? h - 1 : h
        for (; accepted < own; accepted++) events.accepted()
      } else if (stanza.startsWith('<r ')) say(`<a ${SM} h='${received}'/>`)
      else {
        received += 1
        if (stanza.startsWith('<presence')) ready.resolve()
        if (!stanza.startsWith('<message')) return
        if (stanza.includes('<error')) events.failed(stanza)
        else events.delivered(Buffer.from(letterIn(stanza), 'base64'))
      }
    }

    socket.on('open', open)
    socket.on('message', (data: Buffer) => {
      if (opening) handshake(data.toString())
      else online(data.toString())
    })
    socket.on('error', (error) => ready.reject(error))
    socket.on('close', (code) => {
      ready.reject(new Error(`closed ${code}`))
      events.failed(`XMPP socket closed with ${code}`)
    })
    return {
      connect: (receive) => {
        receiving = receive
        return ready.promise
      },
      send: (to, id, sealed) => {
        const jid = plain ? `${to.handle}@${realm}` : `${to.handle}@${to.network}.${realm}`
        const base64 = Buffer.from(sealed).toString('base64')
        say(
          `<message xmlns='jabber:client' to='${jid}' id='${id}' type='chat'>` +
            `<sealed xmlns='urn:isthmus:sealed:1'><letter device='${to.device}'>${base64}</letter></sealed></message>`,
        )
        if (plain) say(`<r ${SM}/>`)
      },
      close: () => {
        socket.removeAllListeners('close')
        socket.close()
      },
    }
  }
