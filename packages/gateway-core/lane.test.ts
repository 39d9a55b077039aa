import { describe, expect, test } from '@jest/globals'
import { createInProcessBus } from '@isthmus/bus/in-process'
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { ErrorCode, routeReply, routeRequest, type Submission } from '@isthmus/proto/codec'
import { silentLogger } from '@isthmus/runtime/logger'
import { answerOf } from './answer.ts'
import { DEFAULT_LANE_OPTIONS, Lane } from './lane.ts'

const submission = (name: string): Submission => ({
  key: new Uint8Array(16),
  recipient: name,
  pairTag: 'p',
  letters: [],
  ttlSeconds: 1,
})

/** A router that accepts, except that it says "full" to names that begin with "full". */
const startRouter = (bus: Bus, batches: string[][], wait?: Promise<void>): void => {
  bus.respond(SUBJECTS.route, async (data) => {
    const names = routeRequest.decode(data).submissions.map(({ recipient }) => recipient)
    batches.push(names)
    await wait
    const answers = names.map((name) =>
      answerOf(name.startsWith('full') ? ErrorCode.MAILBOX_FULL : ErrorCode.UNSPECIFIED),
    )
    return routeReply.encode({ answers })
  })
}

describe('lane', () => {
  test('answers in the order of the submissions, also what was answered at once', async () => {
    const bus = createInProcessBus()
    startRouter(bus, [])
    const lane = new Lane(bus, silentLogger)
    const order: string[] = []
    lane.submit(submission('a'), ({ error }) => order.push(`a ${error}`))
    lane.answer(answerOf(ErrorCode.RATE_LIMITED), ({ error }) => order.push(`b ${error}`))
    lane.submit(submission('full'), ({ error }) => order.push(`c ${error}`))
    await lane.drained()
    expect(order).toEqual([
      `a ${ErrorCode.UNSPECIFIED}`,
      `b ${ErrorCode.RATE_LIMITED}`,
      `c ${ErrorCode.MAILBOX_FULL}`,
    ])
  })

  test('has one batch in flight; the next one gathers meanwhile', async () => {
    const bus = createInProcessBus()
    const batches: string[][] = []
    const gate = Promise.withResolvers<void>()
    startRouter(bus, batches, gate.promise)
    const lane = new Lane(bus, silentLogger)
    lane.submit(submission('first'), () => undefined)
    while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve))
    for (const name of ['x', 'y', 'z']) lane.submit(submission(name), () => undefined)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(batches).toEqual([['first']])
    gate.resolve()
    await lane.drained()
    expect(batches).toEqual([['first'], ['x', 'y', 'z']])
  })

  test('answers unavailable, with a time to wait, when no router is there', async () => {
    const lane = new Lane(createInProcessBus(), silentLogger)
    const answers: unknown[] = []
    lane.submit(submission('a'), (answer) => answers.push(answer))
    await lane.drained()
    expect(answers).toEqual([answerOf(ErrorCode.UNAVAILABLE, 1000)])
  })

  test('takes no more than its bound and says so', async () => {
    const bus = createInProcessBus()
    startRouter(bus, [])
    const lane = new Lane(bus, silentLogger, { ...DEFAULT_LANE_OPTIONS, maxWaiting: 2 })
    const errors: ErrorCode[] = []
    for (const name of ['a', 'b', 'c']) {
      lane.submit(submission(name), ({ error }) => errors.push(error))
    }
    await lane.drained()
    expect(errors).toEqual([ErrorCode.UNSPECIFIED, ErrorCode.UNSPECIFIED, ErrorCode.UNAVAILABLE])
  })
})
