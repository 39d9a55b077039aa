/** The router: takes batches of submissions from the bus, answers when they are durable. */
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import type { MailboxWriter } from '@isthmus/mailbox/port'
import { ErrorCode, routeReply, routeRequest, type Answer } from '@isthmus/proto/codec'
import type { Clock } from '@isthmus/runtime/clock'
import type { Logger } from '@isthmus/runtime/logger'
import { deliver } from './deliver.ts'
import { plan } from './plan.ts'
import { DEFAULT_RESOLVER_OPTIONS, Resolver, type ResolverOptions } from './resolve.ts'

export interface RouterDeps {
  readonly bus: Bus
  readonly mailboxes: MailboxWriter
  readonly clock: Clock
  readonly log: Logger
}

export interface Router {
  /** Takes no further batch and waits for those under way. */
  readonly stop: () => Promise<void>
}

/** How long clients wait when a part of the relay is away. */
const RETRY_MS = 1000

export const startRouter = (
  { bus, mailboxes, clock, log }: RouterDeps,
  options: ResolverOptions = DEFAULT_RESOLVER_OPTIONS,
): Router => {
  const resolver = new Resolver(bus, clock, options)
  const underWay = new Set<Promise<Uint8Array>>()

  const route = async (data: Uint8Array): Promise<Uint8Array> => {
    const { submissions } = routeRequest.decode(data)
    try {
      const resolutions = await resolver.resolve(submissions)
      const plans = resolutions.map((resolution, index) => {
        const submission = submissions[index]
        if (!submission) throw new Error('more resolutions than submissions')
        return plan(submission, resolution)
      })
      const answers = await deliver(mailboxes, submissions, plans, clock.now())
      return routeReply.encode({ answers })
    } catch (error) {
      log.error({ err: error, submissions: submissions.length }, 'a batch could not be routed')
      return routeReply.encode({ answers: submissions.map(() => UNAVAILABLE) })
    }
  }

  const subscription = bus.respond(SUBJECTS.route, (data) => {
    const reply = route(data)
    underWay.add(reply)
    const done = (): boolean => underWay.delete(reply)
    reply.then(done, done)
    return reply
  })
  return {
    stop: async () => {
      subscription.unsubscribe()
      await Promise.allSettled(underWay)
      resolver.stop()
    },
  }
}

const UNAVAILABLE: Answer = {
  error: ErrorCode.UNAVAILABLE,
  missing: [],
  extra: [],
  retryAfterMs: RETRY_MS,
}
