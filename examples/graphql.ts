/**
 * Instagram's protocol with a stock client, graphql-ws.
 *   npx node examples/graphql.ts HANDLE TOKEN               prints letters as they come
 *   npx node examples/graphql.ts HANDLE TOKEN TO LETTERS    sends the letters of `person -- seal`
 */
import { createClient } from 'graphql-ws'
import { randomUUID } from 'node:crypto'

const [handle = '', token = '', to, letters] = process.argv.slice(2)
const client = createClient({
  url: 'ws://127.0.0.1:4000/graphql',
  connectionParams: { address: `instagram:${handle}`, token },
})

interface Inbox {
  readonly inbox: { readonly sequence: number; readonly sealed: string }
}

if (to && letters) {
  const query = `mutation ($to: Address!, $id: ID!, $letters: [LetterInput!]!) {
    send(to: $to, id: $id, letters: $letters) { id }
  }`
  const variables = { to, id: randomUUID(), letters: JSON.parse(letters) as unknown }
  for await (const { errors } of client.iterate({ query, variables })) {
    console.log(errors ? errors : 'accepted')
  }
  await client.dispose()
} else {
  console.log('listening; Ctrl-C stops')
  const inbox = client.iterate<Inbox>({ query: 'subscription { inbox { sequence sealed } }' })
  for await (const { data } of inbox) {
    if (!data) continue
    console.log('letter', data.inbox.sealed)
    const query = 'mutation ($upTo: Sequence!) { acknowledge(upTo: $upTo) }'
    const variables = { upTo: data.inbox.sequence }
    for await (const { errors } of client.iterate({ query, variables })) {
      if (errors) console.error(errors)
    }
  }
}
