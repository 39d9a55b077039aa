/**
 * Messenger's protocol with a stock client, mqtt.js.
 *   npx node examples/mqtt.ts HANDLE TOKEN              prints letters as they come
 *   npx node examples/mqtt.ts HANDLE TOKEN TO FILE      sends the SealedEnvelope in FILE
 */
import { connectAsync } from 'mqtt'
import { readFileSync } from 'node:fs'

const [handle = '', token = '', to, file] = process.argv.slice(2)
const client = await connectAsync('ws://127.0.0.1:8083/mqtt', {
  username: handle,
  password: token,
  protocolVersion: 5,
})

if (to && file) {
  const [network, recipient] = to.split(':')
  await client.publishAsync(`to/${network}/${recipient}`, readFileSync(file), { qos: 1 })
  console.log('accepted')
  await client.endAsync()
} else {
  client.on('message', (_topic, payload) => console.log('letter', payload.toString('base64')))
  await client.subscribeAsync(`inbox/messenger/${handle}`, { qos: 1 })
  console.log('listening; Ctrl-C stops')
}
