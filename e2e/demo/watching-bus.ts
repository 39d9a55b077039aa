/** A bus that tells what crosses it: everything that the relay knows of a message is in there. */
import { createInProcessBus } from '@isthmus/bus/in-process'
import type { Bus } from '@isthmus/bus/port'
import { SUBJECTS } from '@isthmus/bus/subjects'
import { routeRequest } from '@isthmus/proto/codec'

/** Calls `tell` with a line for each submission on its way from a gateway to the router. */
export const watchingBus = (tell: (line: string) => void): Bus => {
  const bus = createInProcessBus()
  return {
    ...bus,
    request: (subject, data, timeoutMs) => {
      if (subject === SUBJECTS.route) describe(data).forEach(tell)
      return bus.request(subject, data, timeoutMs)
    },
  }
}

const describe = (data: Uint8Array): string[] =>
  routeRequest.decode(data).submissions.flatMap(({ recipient, pairTag, letters }) =>
    letters.map(({ deviceId, sealed }) => {
      const hex = Buffer.from(sealed.subarray(0, 12)).toString('hex')
      return (
        `account ${recipient}, pair ${pairTag}, ` +
        `device ${deviceId}: ${sealed.length} sealed bytes ${hex}…`
      )
    }),
  )
