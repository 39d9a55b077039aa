/**
 * The schema, as clients see it. It says what there is; what is done lies in operations.ts, since
 * a send's result comes when the relay has answered and not when a resolver returns.
 */
import { buildSchema, type GraphQLScalarType, type GraphQLSchema } from 'graphql'
import { SCALARS } from './scalars.ts'

const SDL = `
"A person's address, network:handle, for example whatsapp:14155550123."
scalar Address

"Bytes in base64 (RFC 4648 section 4, with padding)."
scalar Base64

"A letter's place in the device's mailbox: a whole number from 1 to 2^53 - 1 (0 means before the first)."
scalar Sequence

"Milliseconds since the Unix epoch, UTC."
scalar Timestamp

type Query {
  "Who this socket is."
  me: Me!
}

type Me {
  address: Address!
  device: ID!
}

type Mutation {
  """
  Submits one message to one person, as one sealed letter for each of that person's devices. The
  result comes when every letter is durable. Submitting an id again gives the first answer and
  delivers nothing twice.
  """
  send(
    to: Address!
    "The submission id, chosen by the client: 1 to 64 bytes of UTF-8, unique for the device."
    id: ID!
    letters: [LetterInput!]!
    "Seconds until unacknowledged letters expire. 0, null or absent: the relay's maximum."
    ttl: Int
  ): Accepted!

  "Confirms every letter up to this sequence; the relay deletes them. Gives back the sequence."
  acknowledge(upTo: Sequence!): Sequence!
}

input LetterInput {
  "A device id of the recipient, as the directory gives it."
  device: ID!
  "A libsodium sealed box for that device."
  sealed: Base64!
}

type Accepted {
  "The submission id."
  id: ID!
}

type Subscription {
  "Letters for this device in order, from the cursor on (or from after on, if that is later). One at a time."
  inbox(after: Sequence): Letter!
}

type Letter {
  sequence: Sequence!
  "A libsodium sealed box for this device."
  sealed: Base64!
  acceptedAt: Timestamp!
}
`

/** The SDL with the scalars' behaviour put in. */
export const createSchema = (): GraphQLSchema => {
  const schema = buildSchema(SDL)
  for (const [name, behaviour] of Object.entries(SCALARS)) {
    Object.assign(schema.getType(name) as GraphQLScalarType, behaviour)
  }
  return schema
}
