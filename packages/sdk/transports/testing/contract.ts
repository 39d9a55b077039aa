/** What every transport keeps to. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { RELAY_CODES } from '../../errors.ts'
import { refusal } from '../../testing/fake-relay.ts'
import { until, within } from '../../testing/wait.ts'
import {
  ConnectError,
  type Answer,
  type Close,
  type CloseCause,
  type Connection,
  type DeliveredLetter,
  type Submission,
  type Transport,
} from '../port.ts'
import type { Ending, FakeGateway } from './gateway.ts'

const letterOf = (sequence: number): DeliveredLetter => ({
  ...{ sequence, acceptedAt: 1_795_411_827_000 + sequence },
  sealed: Uint8Array.from({ length: 560 }, (_, at) => (at * sequence) % 256),
})

const submissionOf = (id: string, ttlSeconds = 0): Submission => ({
  ...{ id, to: 'instagram:ada.l_o', ttlSeconds },
  letters: ['AAECAwQFBgcICQoLDA0ODw', 'EBESExQVFhcYGRobHB0eHw'].map((deviceId, at) => ({
    ...{ deviceId, sealed: letterOf(at + 3).sealed },
  })),
})

export const transportContract = (
  name: string,
  address: string,
  make: (url: string) => Transport,
  serve: () => Promise<FakeGateway>,
): void => {
  describe(`${name} transport`, () => {
    let gateway: FakeGateway
    let letters: DeliveredLetter[]
    let answers: [string, Answer][]
    let closes: Close[]
    let connections: Connection[]
    beforeEach(async () => {
      gateway = await serve()
      ;[letters, answers, closes, connections] = [[], [], [], []]
    })
    afterEach(async () => {
      for (const connection of connections) connection.close()
      await until('all sockets to go', () => gateway.sockets() === 0)
      await gateway.stop()
    })

    const connect = async (
      deviceToken = 'isth_right',
      signal = new AbortController().signal,
      url = gateway.url,
    ): Promise<Connection> => {
      const login = {
        address,
        deviceId: 'AAECAwQFBgcICQoLDA0ODw',
        deviceToken,
        realm: 'isthmus.test',
      }
      // Each test's own lists: a connection may tell its end during the next test.
      const [toLetters, toAnswers, toCloses] = [letters, answers, closes]
      const events = {
        letter: (letter: DeliveredLetter) => void toLetters.push(letter),
        answered: (id: string, answer: Answer) => void toAnswers.push([id, answer]),
        closed: (close: Close) => void toCloses.push(close),
      }
      const connection = await within(make(url).connect(login, events, signal), 'the connection')
      connections.push(connection)
      return connection
    }
    const causeOf = async (connecting: Promise<Connection>): Promise<CloseCause> => {
      const error: unknown = await connecting.then(
        () => new Error('it connected'),
        (cause: unknown) => cause,
      )
      if (error instanceof ConnectError) return error.close.cause
      throw error
    }

    test('says who it is', async () => {
      await connect()
      expect(gateway.logins).toEqual([{ address, token: 'isth_right' }])
    })

    test('a wrong token, nobody there, too late', async () => {
      expect(await causeOf(connect('isth_wrong'))).toBe('unauthenticated')
      await until('the socket to go', () => gateway.sockets() === 0)
      const signal = new AbortController().signal
      expect(await causeOf(connect('isth_right', signal, 'ws://127.0.0.1:1/x'))).toBe('lost')
      const abort = new AbortController()
      const connecting = causeOf(connect('isth_right', abort.signal))
      abort.abort()
      expect(await connecting).toBe('lost')
      await until('the socket to go', () => gateway.sockets() === 0)
      expect(closes).toEqual([])
    })

    test('submits as it was told, and tells acceptance, each once, in order', async () => {
      const connection = await connect()
      const submissions = [submissionOf('1'), submissionOf('2', 3_600), submissionOf('ж🙂 "3"')]
      for (const submission of submissions) connection.submit(submission)
      await until('the answers', () => answers.length === 3)
      expect(gateway.submissions.map(plain)).toEqual(submissions.map(plain))
      expect(answers).toEqual(submissions.map(({ id }) => [id, { accepted: true }]))
    })

    test('tells every refusal of the closed set, with what comes with it', async () => {
      const connection = await connect()
      const refusals: Record<string, Answer> = {}
      for (const code of RELAY_CODES) refusals[code] = refusal(code)
      refusals['stale-devices'] = refusal('stale-devices', { missing: ['a', 'b'], extra: ['c'] })
      refusals['unavailable'] = refusal('unavailable', { retryAfterMs: 1_500 })
      gateway.answer = ({ id }) => refusals[id]
      for (const code of RELAY_CODES) connection.submit(submissionOf(code))
      await until('the answers', () => answers.length === RELAY_CODES.length)
      expect(Object.fromEntries(answers)).toEqual(refusals)
    })

    test('gives letters in order and acknowledges no sooner than told', async () => {
      const connection = await connect()
      const sent = [5, 6, 9].map(letterOf)
      for (const letter of sent) gateway.deliver(letter)
      await until('the letters', () => letters.length === 3)
      expect(letters.map(plain)).toEqual(sent.map(plain))
      // An answer comes through while letters are out, and after it no acknowledgement was made.
      connection.submit(submissionOf('1'))
      await until('the answer', () => answers.length === 1)
      expect(gateway.acknowledged()).toBe(0)
      connection.acknowledge(6)
      await until('the acknowledgement', () => gateway.acknowledged() === 6)
      gateway.deliver(letterOf(10))
      await until('one more', () => letters.length === 4)
      connection.submit(submissionOf('2'))
      await until('the answer', () => answers.length === 2)
      expect(gateway.acknowledged()).toBe(6)
      connection.acknowledge(10)
      await until('the last acknowledgement', () => gateway.acknowledged() === 10)
    })

    test('a thousand letters, acknowledged one by one', async () => {
      const connection = await connect()
      for (let sequence = 1; sequence <= 1_000; sequence++) gateway.deliver(letterOf(sequence))
      await until('the letters', () => letters.length === 1_000)
      for (const { sequence } of letters) connection.acknowledge(sequence)
      await until('the acknowledgements', () => gateway.acknowledged() === 1_000)
      expect(letters.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 1_000 }, (_, at) => at + 1),
      )
    })

    const endings: readonly (readonly [Ending, CloseCause])[] = [
      ['going-away', 'going-away'],
      ['try-later', 'try-later'],
      ['replaced', 'replaced'],
      ['revoked', 'unauthenticated'],
      ['violation', 'protocol'],
      ['drop', 'lost'],
    ]
    test.each(endings)('the relay ends it: %s is told as %s, once', async (how, cause) => {
      await connect()
      gateway.end(how)
      await until('the end', () => closes.length > 0)
      expect(closes.map((close) => close.cause)).toEqual([cause])
      await until('the socket to go', () => gateway.sockets() === 0)
      expect(closes).toHaveLength(1)
    })

    test('this side ends it', async () => {
      const connection = await connect()
      connection.close()
      await until('the end', () => closes.length > 0)
      expect(closes.map(({ cause }) => cause)).toEqual(['requested'])
      await until('the socket to go', () => gateway.sockets() === 0)
    })

    test('an answer that the end overtook is not told', async () => {
      gateway.answer = () => undefined
      const connection = await connect()
      connection.submit(submissionOf('1'))
      await until('the submission', () => gateway.submissions.length === 1)
      gateway.end('drop')
      await until('the end', () => closes.length === 1)
      expect(answers).toEqual([])
    })

    test('what is no letter ends the connection', async () => {
      await connect()
      gateway.deliverGarbage()
      await until('the end', () => closes.length === 1)
      expect(closes[0]?.cause).toBe('protocol')
      expect(letters).toEqual([])
    })
  })
}

/** Without the difference between Buffer and Uint8Array. */
const plain = (value: object): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Uint8Array ? Array.from(part) : part,
    ),
  )
