/** CONNACK (section 3.2) for a CONNECT that the directory has accepted. */
import type { Connection } from './connection.ts'
import { Outbox } from './outbox.ts'
import { generatePacket } from './packet.ts'
import { resumable } from './session.ts'

/** Resumes or begins the session, says so, and takes up deliveries if the session had them. */
export const acceptConnect = (connection: Connection): void => {
  const { effects, clientId } = connection
  connection.state = 'connected'
  // Taken also with clean start, which discards it: [MQTT-3.1.2-6] (3.1.1), [MQTT-3.1.2-4] (5).
  const kept = effects.recall(clientId)
  const session = connection.cleanStart ? undefined : resumable(kept, connection.now)
  if (session) {
    connection.inbox = session.inbox
    connection.answers = session.answers
    connection.outbox = new Outbox(session)
  }
  connection.sessionExpiry = Math.min(
    connection.requestedExpiry,
    connection.limits.maxSessionExpirySeconds,
  )
  const keepAlive = keepAliveOf(connection)
  // [MQTT-3.1.2-24] (3.1.1), [MQTT-3.1.2-22] (5): "within one and a half times the Keep Alive".
  connection.idleLimitMs = keepAlive * 1_500
  // [MQTT-3.2.2-2], [MQTT-3.2.2-3]: Session Present says whether there was a session to resume.
  const sessionPresent = session !== undefined
  effects.send(
    connection.version === 5
      ? connack5(connection, sessionPresent, keepAlive)
      : Buffer.from([0x20, 0x02, sessionPresent ? 1 : 0, 0]),
  )
  if (connection.inbox) effects.attach({ window: connection.window })
}

/** Seconds. MQTT 3.1.1 has no way to tell a client another value than its own. */
const keepAliveOf = ({ version, requestedKeepAlive, limits }: Connection): number => {
  if (version === 4) return requestedKeepAlive
  const cap = limits.maxKeepAliveSeconds
  return requestedKeepAlive === 0 ? cap : Math.min(requestedKeepAlive, cap)
}

const connack5 = (connection: Connection, sessionPresent: boolean, keepAlive: number): Buffer => {
  const { limits, sessionExpiry } = connection
  return generatePacket(
    {
      cmd: 'connack',
      sessionPresent,
      reasonCode: 0,
      properties: {
        ...(sessionExpiry !== connection.requestedExpiry && {
          sessionExpiryInterval: sessionExpiry,
        }),
        receiveMaximum: limits.receiveMaximum,
        // [MQTT-3.2.2-9]: a server without QoS 2 must say so.
        maximumQoS: 1,
        retainAvailable: false,
        maximumPacketSize: limits.maxPacketBytes,
        // [MQTT-3.1.3-7]: "MUST return the Assigned Client Identifier".
        ...(connection.assignedClientId && { assignedClientIdentifier: connection.clientId }),
        topicAliasMaximum: 0,
        wildcardSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
        ...(keepAlive !== connection.requestedKeepAlive && { serverKeepAlive: keepAlive }),
      },
    },
    5,
  )
}
