/**
 * WhatsApp's protocol with a stock client, @xmpp/client.
 *   npx node examples/xmpp.ts PHONE TOKEN               prints letters as they come
 *   npx node examples/xmpp.ts PHONE TOKEN TO LETTERS    sends the letters of `person -- seal`
 */
import { client, xml } from '@xmpp/client'
import { randomUUID } from 'node:crypto'

const [username = '', password = '', to, letters] = process.argv.slice(2)
const realm = 'isthmus.localhost'
const xmpp = client({
  service: 'ws://127.0.0.1:5280/xmpp-websocket',
  domain: `whatsapp.${realm}`,
  username,
  password,
})
const sealed = (json: string) =>
  xml(
    'sealed',
    { xmlns: 'urn:isthmus:sealed:1' },
    ...(JSON.parse(json) as { device: string; sealed: string }[]).map((letter) =>
      xml('letter', { device: letter.device }, letter.sealed),
    ),
  )

xmpp.on('error', (error: Error) => console.error(error.message))
xmpp.on('stanza', (stanza) => {
  const letter = stanza.getChild('letter', 'urn:isthmus:sealed:1')
  if (letter) console.log('letter', letter.text())
  else if (stanza.attrs.type === 'error') console.log(stanza.toString())
})
await xmpp.start()

if (to && letters) {
  // Stream management's acknowledgement of the stanza is the relay's word that it is durable.
  xmpp.streamManagement.on('ack', () => {
    console.log('accepted')
    void xmpp.stop()
  })
  const [network, handle] = to.split(':')
  const attributes = { to: `${handle}@${network}.${realm}`, type: 'chat', id: randomUUID() }
  await xmpp.send(xml('message', attributes, sealed(letters)))
} else {
  await xmpp.send(xml('presence'))
  console.log('listening; Ctrl-C stops')
}
