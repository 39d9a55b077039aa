/** A socket on which a test writes what it likes, and what the relay makes of it. */
import type { RelayUrls } from '../../harness/relay.ts'
import { within } from '../../harness/within.ts'
import type { Credentials, End } from './client.ts'
import { hex } from './mqtt.ts'
import { connect, PacketReader, type ConnectFields, type Packet } from './mqtt-packets.ts'
import { Socket } from './socket.ts'
import { attribute, BIND, conditionOf, login, SM } from './xmpp.ts'

/** Everything that came before the end, and the end. */
export interface Ending extends End {
  readonly frames: readonly string[]
}

/** Sends frames, and waits until the relay ends the socket. */
export const provoke = async (
  socket: Socket,
  ...frames: readonly (string | Uint8Array)[]
): Promise<Ending> => {
  const heard: string[] = []
  socket.listen((frame) => heard.push(frame.toString('latin1')))
  for (const frame of frames) socket.send(frame)
  const { code, reason } = await within(socket.closed, 'the relay to end the socket')
  return { code, reason, said: saidIn(heard), frames: heard }
}

/** The protocol's own last word: a stream error's condition, or a DISCONNECT's reason code. */
const saidIn = (frames: readonly string[]): string => {
  const error = frames.find((frame) => frame.startsWith('<stream:error'))
  if (error) return conditionOf(error)
  const packets = new PacketReader().push(Buffer.from(frames.join(''), 'latin1'))
  const disconnect = packets.find(({ type }) => type === 14)
  return disconnect ? hex(disconnect.body[0] ?? 0) : ''
}

/** Sends frames and gives the next frame that comes. */
export const ask = async (
  socket: Socket,
  ...frames: readonly (string | Uint8Array)[]
): Promise<string> => {
  for (const frame of frames) socket.send(frame)
  return (await socket.next('an answer')).toString('latin1')
}

/** A bound stream with stream management, no inbox open, and the id of its session. */
export const boundXmpp = async (
  urls: RelayUrls,
  who: Credentials,
): Promise<{ readonly socket: Socket; readonly previd: string }> => {
  const socket = await login(urls.whatsapp, who)
  await ask(socket, BIND)
  const previd = attribute(await ask(socket, `<enable ${SM} resume='true'/>`), 'id')
  // The gateway asks where the client begins to count.
  socket.send(`<a ${SM} h='0'/>`)
  return { socket, previd }
}

/** Sends a stanza and gives the next one that comes; counts and requests for them are skipped. */
export const askXmpp = async (socket: Socket, stanza: string): Promise<string> => {
  let answer = await ask(socket, stanza)
  while (/^<[ar] /.test(answer)) answer = await ask(socket)
  return answer
}

export const mqttFields = (
  { handle, token }: Credentials,
  version: 4 | 5,
  fields: Partial<ConnectFields> = {},
): ConnectFields => ({ version, clientId: 'probe', userName: handle, password: token, ...fields })

/** A connected MQTT client without subscriptions. */
export const openMqtt = async (
  urls: RelayUrls,
  fields: ConnectFields,
): Promise<{ readonly socket: Socket; readonly connack: Packet }> => {
  const socket = await Socket.open(urls.messenger, 'mqtt')
  socket.send(connect(fields))
  const [connack] = new PacketReader().push(await socket.next('CONNACK'))
  if (!connack) throw new Error('the CONNACK came in pieces')
  return { socket, connack }
}

/** The packets of the next frame. */
export const askMqtt = async (
  socket: Socket,
  ...packets: readonly Uint8Array[]
): Promise<readonly Packet[]> =>
  new PacketReader().push(Buffer.from(await ask(socket, Buffer.concat(packets)), 'latin1'))

export const initMessage = ({ network, handle, token }: Credentials): string =>
  JSON.stringify({ type: 'connection_init', payload: { address: `${network}:${handle}`, token } })

/** An acknowledged graphql-transport-ws connection. */
export const openGraphql = async (urls: RelayUrls, who: Credentials): Promise<Socket> => {
  const socket = await Socket.open(urls.instagram, 'graphql-transport-ws')
  await ask(socket, initMessage(who))
  return socket
}
