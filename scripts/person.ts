/**
 * A person at a terminal, for trying the relay with stock clients: signs up over the public API,
 * seals what a stock client then sends, opens what it received.
 * usage:
 *   npm run person -- join NETWORK HANDLE             sign up, or in, and register a device
 *   npm run person -- seal FROM TO TEXT               letters as JSON: [{ device, sealed }]
 *   npm run person -- envelope FROM TO TEXT FILE      the same as a SealedEnvelope file, for MQTT
 *   npm run person -- open ADDRESS BASE64             opens a letter (or an MQTT Delivery)
 * FROM, TO and ADDRESS are network:handle. Keys are kept in data/people, readable by you alone.
 */
import { SEAL_OVERHEAD } from '@isthmus/sdk/seal/box'
import { openLetter, sealLetter } from '@isthmus/sdk/seal/letter'
import { createDirectory, type NamedAccount } from '@isthmus/sdk/directory/directory'
import { decodeCredentials, encodeCredentials, type Credentials } from '@isthmus/sdk/credentials'
import { encodeContent, readContent } from '@isthmus/sdk/content'
import { delivery, sealedEnvelope } from '@isthmus/proto/codec'
import { parseAddress, type Address } from '@isthmus/runtime/address'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'

const FOLDER = resolve(import.meta.dirname, '../data/people')
const PASSWORD = 'for trying only'
const url = process.env['ISTHMUS_DIRECTORY_URL'] ?? 'http://127.0.0.1:8080'
const directory = createDirectory({ url })

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const fileOf = (address: string): string => join(FOLDER, `${address.replace(':', '-')}.json`)

const addressIn = (text: string | undefined): Address => {
  const address = parseAddress(text ?? '')
  if (!address) throw new Error(`"${text ?? ''}" is not an address like messenger:mia.moretti`)
  return address
}

const credentialsOf = (text: string | undefined): Credentials => {
  const { network, handle } = addressIn(text)
  try {
    return decodeCredentials(readFileSync(fileOf(`${network}:${handle}`), 'utf8'))
  } catch (error) {
    const advice = `npm run person -- join ${network} ${handle}`
    throw new Error(`there are no keys of ${network}:${handle} here; first: ${advice}`, {
      cause: error,
    })
  }
}

const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(question)
  terminal.close()
  return answer.trim()
}

const signUp = async ({ network, handle }: Address): Promise<NamedAccount> => {
  const reach = 'everyone'
  if (network === 'whatsapp') {
    await directory.whatsapp.requestCode(handle)
    const code = await ask(`the code that the relay printed for +${handle}: `)
    return directory.whatsapp.signIn({ phone: handle, code, reach })
  }
  const account = { handle, email: `${handle}@mail.example`, password: PASSWORD, reach } as const
  if (network === 'instagram') return directory.instagram.signUp(account)
  return directory.messenger.signUp({ ...account, name: handle })
}

const joinRelay = async (
  network: string | undefined,
  handle: string | undefined,
): Promise<void> => {
  const address = addressIn(`${network ?? ''}:${handle ?? ''}`)
  const account = await signUp(address)
  const session = directory.as(account.token)
  const credentials = await session.registerDevice({ address: account.address })
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 })
  writeFileSync(fileOf(account.address), encodeCredentials(credentials), { mode: 0o600 })
  say(`address   ${credentials.address}   (everyone may write to it)`)
  say(`user name ${address.handle}`)
  say(`password  ${credentials.deviceToken}   (the device token)`)
  say(`device    ${credentials.deviceId}`)
}

interface TextLetter {
  readonly device: string
  readonly sealed: Uint8Array
}

const sealText = async (from: Credentials, to: string, body: string): Promise<TextLetter[]> => {
  const peers = await directory.as(from.deviceToken).devicesOf(to)
  const header = { id: randomUUID(), sentAt: Date.now(), to }
  const content = encodeContent(header, { kind: 'text', body })
  return Promise.all(
    peers.map(async ({ deviceId, x25519 }) => ({
      device: deviceId,
      sealed: await sealLetter(content, from, x25519),
    })),
  )
}

/** MQTT hands over a whole Delivery, the other protocols its fields. */
const sealedIn = (bytes: Buffer): Uint8Array => {
  try {
    const { sealed } = delivery.decode(bytes)
    return sealed.length > SEAL_OVERHEAD ? sealed : bytes
  } catch {
    return bytes
  }
}

const openText = async (reader: Credentials, base64: string): Promise<void> => {
  const letter = sealedIn(Buffer.from(base64, 'base64'))
  const realmKey = reader.realm.certificateKey
  const options = { realmKey, acceptedAt: Date.now() }
  const { sender, content } = await openLetter(letter, reader.x25519, options)
  const read = readContent(content)
  say(`from ${sender.address}: ${read.kind === 'text' ? read.body : JSON.stringify(read)}`)
}

const run = async ([command, ...rest]: string[]): Promise<void> => {
  const [first, second, third, fourth] = rest
  if (command === 'join') await joinRelay(first, second)
  else if (command === 'open') await openText(credentialsOf(first), second ?? '')
  else if (command === 'seal' || command === 'envelope') {
    const { network, handle } = addressIn(second)
    const letters = await sealText(credentialsOf(first), `${network}:${handle}`, third ?? '')
    if (command === 'seal') {
      const text = letters.map(({ device, sealed }) => {
        return { device, sealed: Buffer.from(sealed).toString('base64') }
      })
      say(JSON.stringify(text))
    } else {
      const sealed = letters.map(({ device, sealed: bytes }) => ({
        deviceId: device,
        sealed: bytes,
      }))
      writeFileSync(
        fourth ?? 'letter.bin',
        sealedEnvelope.encode({ id: randomUUID(), letters: sealed }),
      )
    }
  } else say('usage: npm run person -- join | seal | envelope | open …   (see scripts/person.ts)')
}

run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
