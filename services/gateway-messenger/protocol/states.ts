/**
 * The states of a connection, and which packets each takes.
 *
 * - A connection begins `connecting`: the first packet must be a CONNECT [MQTT-3.1.0-1]; anything
 *   else closes it without a word, since a server says nothing before its CONNACK.
 * - A good CONNECT makes it `authenticating` until the directory has spoken. A client need not wait
 *   for the CONNACK, so what it sends meanwhile is kept, unread: "If the Server rejects the CONNECT,
 *   it MUST NOT process any data sent by the Client after the CONNECT Packet" [MQTT-3.1.4-5].
 * - The CONNACK makes it `connected`. A second CONNECT is a protocol error [MQTT-3.1.0-2], and so is
 *   every packet that only servers send, AUTH without an authentication method [MQTT-4.12.0-6], and
 *   PUBREC and PUBCOMP, which answer QoS 2 that this server does not send.
 * - The goodbye, whoever says it, makes it `closed`: nothing is read or sent any more
 *   [MQTT-3.14.4-1].
 */
import { TYPE } from './fixed-header.ts'

export type ConnectionState = 'connecting' | 'authenticating' | 'connected' | 'closed'

export const TAKES: Readonly<Record<ConnectionState, ReadonlySet<number>>> = {
  connecting: new Set([TYPE.connect]),
  authenticating: new Set(),
  connected: new Set([
    TYPE.publish,
    TYPE.puback,
    TYPE.pubrel,
    TYPE.subscribe,
    TYPE.unsubscribe,
    TYPE.pingreq,
    TYPE.disconnect,
  ]),
  closed: new Set(),
}
