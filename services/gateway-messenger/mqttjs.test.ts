/** mqtt.js, unchanged, in both versions, against the gateway on a real socket. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { delivery, ErrorCode, sealedEnvelope, submissionAnswer } from '@isthmus/proto/codec'
import mqtt, { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { answerOf, ANSWERS_TOPIC, INBOX, type Version } from './testing/client.ts'
import { startRelay, type Relay } from './testing/relay.ts'

const PHONE = 'phone_________________'
const TABLET = 'tablet________________'
const GRACE = 'grace_________________'
const TO_ADA = 'to/messenger/ada.lovelace'

let relay: Relay
const clients: MqttClient[] = []

beforeEach(async () => {
  relay = await startRelay({ isth_phone: PHONE, isth_tablet: TABLET, isth_grace: GRACE })
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  await relay.stop()
})

/** Letters as they come, for a client that may wait for the next. */
class Letters {
  readonly #client: MqttClient
  readonly #come: { sequence: number; text: string; dup: boolean }[] = []
  #wake: () => void = () => undefined

  constructor(client: MqttClient) {
    this.#client = client
    client.on('message', (topic, payload, { dup }) => {
      if (topic !== INBOX) return
      const { sequence, sealed } = delivery.decode(payload)
      this.#come.push({ sequence, text: Buffer.from(sealed).toString().trimEnd(), dup })
      this.#wake()
    })
  }

  async next(count: number): Promise<{ sequence: number; text: string; dup: boolean }[]> {
    while (this.#come.length < count) {
      if (this.#client.disconnected && !this.#client.reconnecting) throw new Error('disconnected')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#come.splice(0, count)
  }
}

const optionsOf = (
  protocolVersion: Version,
  token: string,
  options: IClientOptions,
): IClientOptions => ({
  protocolVersion,
  username: token === 'isth_grace' ? 'grace.hopper' : 'ada.lovelace',
  password: token,
  reconnectPeriod: 0,
  ...options,
})

const connect = async (
  version: Version,
  token: string,
  options: IClientOptions = {},
): Promise<MqttClient> => {
  const client = await connectAsync(relay.url, optionsOf(version, token, options), false)
  clients.push(client)
  return client
}

/** Of a kept session letters may come together with the CONNACK: listens before it connects. */
const resume = (version: Version, token: string, options: IClientOptions): Letters => {
  const client = mqtt.connect(relay.url, {
    ...optionsOf(version, token, options),
    manualConnect: true,
  })
  clients.push(client)
  const letters = new Letters(client)
  client.connect()
  return letters
}

const letter = (id: string, text: string, device = PHONE): Buffer =>
  Buffer.from(
    sealedEnvelope.encode({
      id,
      // A sealed box has at least 49 bytes.
      letters: [{ deviceId: device, sealed: Buffer.from(text.padEnd(49)) }],
      ttlSeconds: 0,
    }),
  )

/** Resolves with what comes with the next such event. */
const next = (
  client: MqttClient,
  event: 'connect' | 'close' | 'disconnect' | 'message',
): Promise<unknown[]> =>
  new Promise((resolve) => {
    client.once(event, (...told: unknown[]) => resolve(told))
  })

/** Resolves when the device's cursor stands there; every turn of the loop looks again. */
const cursorAt = async (sequence: number): Promise<void> => {
  while (relay.mailboxes.of(PHONE).cursor < sequence)
    await new Promise((resolve) => setImmediate(resolve))
}

describe.each([4, 5] as const)('mqtt.js, protocol level %i', (version) => {
  const persistent: IClientOptions = {
    clean: false,
    clientId: 'phone',
    ...(version === 5 && { properties: { sessionExpiryInterval: 120 } }),
  }

  test('connects, subscribes, publishes, receives, and its PUBACK moves the cursor', async () => {
    const ada = await connect(version, 'isth_phone')
    const letters = new Letters(ada)
    const [granted] = await ada.subscribeAsync(INBOX, { qos: 1 })
    expect(granted?.qos).toBe(1)
    const grace = await connect(version, 'isth_grace')
    for (const text of ['one', 'two', 'three'])
      await grace.publishAsync(TO_ADA, letter(text, text), { qos: 1 })
    expect(await letters.next(3)).toEqual([
      { sequence: 1, text: 'one', dup: false },
      { sequence: 2, text: 'two', dup: false },
      { sequence: 3, text: 'three', dup: false },
    ])
    await cursorAt(3)
  })

  test('many at once, more than the window and than the gateway reads on for', async () => {
    const ada = await connect(version, 'isth_phone')
    const letters = new Letters(ada)
    await ada.subscribeAsync(INBOX, { qos: 1 })
    const grace = await connect(version, 'isth_grace')
    const texts = Array.from({ length: 1_000 }, (_, index) => `m${index}`)
    const published = Promise.all(
      texts.map((text) => grace.publishAsync(TO_ADA, letter(text, text), { qos: 1 })),
    )
    expect((await letters.next(1_000)).map(({ text }) => text)).toEqual(texts)
    await published
    await cursorAt(1_000)
  })

  test('catches up after being away, in a session that was kept', async () => {
    const ada = await connect(version, 'isth_phone', persistent)
    await ada.subscribeAsync(INBOX, { qos: 1 })
    await ada.endAsync()
    const grace = await connect(version, 'isth_grace')
    for (const text of ['one', 'two'])
      await grace.publishAsync(TO_ADA, letter(text, text), { qos: 1 })
    const letters = resume(version, 'isth_phone', persistent)
    // No new SUBSCRIBE: the session has it.
    expect((await letters.next(2)).map(({ text, dup }) => [text, dup])).toEqual([
      ['one', false],
      ['two', false],
    ])
  })

  test('reconnects by itself when its socket is lost, and gets what it had not acknowledged', async () => {
    const ada = await connect(version, 'isth_phone', { ...persistent, reconnectPeriod: 1 })
    const letters = new Letters(ada)
    await ada.subscribeAsync(INBOX, { qos: 1 })
    let hold = true
    const handled: number[] = []
    ada.handleMessage = (packet, done) => {
      handled.push(packet.messageId ?? 0)
      // Without the callback no PUBACK goes out.
      if (!hold) done()
    }
    const grace = await connect(version, 'isth_grace')
    await grace.publishAsync(TO_ADA, letter('one', 'one'), { qos: 1 })
    expect(await letters.next(1)).toMatchObject([{ text: 'one', dup: false }])
    hold = false
    const connected = next(ada, 'connect')
    ada.stream.destroy()
    const [connack] = (await connected) as [{ sessionPresent: boolean }]
    expect(connack.sessionPresent).toBe(true)
    expect(await letters.next(1)).toEqual([{ sequence: 1, text: 'one', dup: true }])
    await cursorAt(1)
    expect(handled).toEqual([1, 1])
  })

  test('is told of a refusal', async () => {
    const ada = await connect(version, 'isth_phone')
    await ada.subscribeAsync(ANSWERS_TOPIC)
    relay.answer = answerOf(ErrorCode.STALE_DEVICES, { missing: [TABLET] })
    if (version === 5) {
      await expect(ada.publishAsync(TO_ADA, letter('m1', 'x'), { qos: 1 })).rejects.toMatchObject({
        code: 0x83,
      })
    } else {
      const message = next(ada, 'message')
      await ada.publishAsync(TO_ADA, letter('m1', 'x'), { qos: 1 })
      const [topic, payload] = (await message) as [string, Buffer]
      expect(topic).toBe(ANSWERS_TOPIC)
      expect(submissionAnswer.decode(payload)).toMatchObject({ id: 'm1', answer: relay.answer })
    }
  })

  test('is not let in with a wrong token', async () => {
    await expect(connect(version, 'isth_wrong')).rejects.toMatchObject({
      code: version === 5 ? 0x86 : 4,
    })
  })

  test('gives way when its device connects again, whatever the client identifier', async () => {
    const first = await connect(version, 'isth_phone', { clientId: 'a' })
    const closed = next(first, 'close')
    const goodbye = version === 5 ? next(first, 'disconnect') : undefined
    await connect(version, 'isth_phone', { clientId: 'b' })
    await closed
    expect(first.connected).toBe(false)
    if (goodbye) expect((await goodbye)[0]).toMatchObject({ reasonCode: 0x8e })
  })

  test('does not meet another device that has the same client identifier', async () => {
    const ada = await connect(version, 'isth_phone', { clientId: 'same' })
    const letters = new Letters(ada)
    await ada.subscribeAsync(INBOX, { qos: 1 })
    const grace = await connect(version, 'isth_grace', { clientId: 'same' })
    await grace.publishAsync(TO_ADA, letter('m1', 'still here'), { qos: 1 })
    expect(await letters.next(1)).toMatchObject([{ text: 'still here' }])
    expect(ada.connected && grace.connected).toBe(true)
  })
})
