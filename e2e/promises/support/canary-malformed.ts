/** Broken frames of every protocol, full of canaries. */
import { NETWORKS, type Network } from '@isthmus/runtime/address'
import type { Reachable } from '../../harness/people.ts'
import { credentialsOf, word, type CanaryPerson } from './canary-people.ts'
import { REALM } from './client.ts'
import { operation } from './graphql.ts'
import { connect, publish } from './mqtt-packets.ts'
import { Phone } from './phone.ts'
import { ask, boundXmpp, mqttFields, openGraphql, openMqtt, provoke } from './probe.ts'
import { Socket } from './socket.ts'
import { upgrade, upgradeHeaders } from './upgrade.ts'
import { CLIENT, OPEN, plainAuth, SASL } from './xmpp.ts'

interface Making {
  readonly relay: Reachable
  /** Makes a text that is to be searched for. */
  readonly plant: (name: string, value?: string) => string
  readonly who: CanaryPerson
}

const malformedXmpp = async ({ relay, plant, who }: Making): Promise<void> => {
  const { urls } = relay
  const to = `to='nobody@instagram.${REALM}'`
  const { socket } = await boundXmpp(urls, credentialsOf(who))
  const body = `<body>${plant('a body in the clear')}</body>`
  await ask(socket, `<message ${CLIENT} ${to} id='${plant('an id')}'>${body}</message>`)
  await provoke(socket, `<message ${CLIENT} ${to}><!-- ${plant('a comment')} --></message>`)
  const again = await boundXmpp(urls, credentialsOf(who))
  await provoke(again.socket, `<message ${CLIENT} from='${plant('a forged from')}@x'/>`)
  const stranger = await Socket.open(urls.whatsapp, 'xmpp')
  await ask(stranger, OPEN)
  await stranger.next('features')
  const { handle } = who.device.account
  await ask(stranger, plainAuth(handle, plant('a wrong password')))
  const first = Buffer.from(`n,,n=${handle},r=${plant('a nonce')}`).toString('base64')
  await ask(stranger, `<auth ${SASL} mechanism='SCRAM-SHA-256'>${first}</auth>`)
  await provoke(stranger, plant('no XML at all'))
}

const malformedMqtt = async ({ relay, plant, who }: Making): Promise<void> => {
  const login = async (): Promise<Socket> =>
    (await openMqtt(relay.urls, mqttFields(credentialsOf(who), 5))).socket
  const payload = Buffer.from(plant('a payload in the clear'))
  const fields = { version: 5, packetId: 7, payload } as const
  const socket = await login()
  await ask(socket, publish({ ...fields, topic: 'to/instagram/nobody' }))
  await ask(socket, publish({ ...fields, topic: `to/messenger/${plant('a topic')}` }))
  await provoke(socket, publish({ ...fields, topic: plant('a topic'), flags: 0 }))
  await provoke(await login(), plant('a text message'))
  const will = { flags: 0, topic: plant('a will') }
  const clientId = plant('a client identifier')
  const bad = await Socket.open(relay.urls.messenger, 'mqtt')
  await provoke(bad, connect(mqttFields(credentialsOf(who), 5, { clientId, will })))
}

const malformedGraphql = async ({ relay, plant, who }: Making): Promise<void> => {
  const socket = await openGraphql(relay.urls, credentialsOf(who))
  await ask(socket, operation('1', `{ me { ${plant('a field').replaceAll('-', '_')} } }`))
  await ask(socket, operation('2', `{ "${plant('a string')}" `))
  const send = 'mutation ($to: Address!) { send(to: $to, id: "x", letters: []) { id } }'
  await ask(socket, operation('3', send, { to: plant('an address') }))
  await ask(socket, operation('4', send, { to: { [plant('a key')]: 1 } }))
  await provoke(socket, `{"type":"${plant('a type')}"`)
}

const MALFORMED: Record<Network, (making: Making) => Promise<void>> = {
  whatsapp: malformedXmpp,
  messenger: malformedMqtt,
  instagram: malformedGraphql,
}

/** @param people one of each network. */
export const sendMalformed = async (
  relay: Reachable,
  plant: Making['plant'],
  people: readonly CanaryPerson[],
): Promise<void> => {
  for (const who of people) {
    const { network } = who.device.account
    await MALFORMED[network]({ relay, plant, who })
  }
  for (const network of NETWORKS) {
    const url = `${relay.urls[network]}?token=${plant('a token in a URL')}`
    const origin = `https://${plant('an origin')}.example`
    await upgrade(url, { ...upgradeHeaders(network), origin })
    const handle = network === 'whatsapp' ? '4915099999999' : 'canary.wrong'
    const token = plant('a wrong token', `isth_wrong_${word()}`)
    await Phone.connect(relay, { network, handle, token }).catch(() => undefined)
  }
}
