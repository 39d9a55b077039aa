/** The checker must see what it is there for. */
import { expect, test } from '@jest/globals'
import { FAULTS, Ledger, type Tally } from './ledger.ts'

/** Sender 0 submits three messages to device 7, of which the last one is for device 8 too. */
const begin = (): Ledger => {
  const ledger = new Ledger()
  ledger.submitted(0, 0, [7])
  ledger.submitted(0, 1, [7])
  ledger.submitted(0, 2, [7, 8])
  for (const serial of [0, 1, 2]) ledger.answered(0, serial, true)
  return ledger
}

const show = (ledger: Ledger, device: number, sequence: number, serial: number): void =>
  ledger.came(device, sequence, { sender: 0, serial, device }, true)

const faults = (ledger: Ledger): Partial<Tally> => {
  const tally = ledger.tally()
  return Object.fromEntries(
    FAULTS.flatMap((name) => (tally[name] > 0 ? [[name, tally[name]]] : [])),
  )
}

const showAll = (ledger: Ledger): void => {
  for (const serial of [0, 1, 2]) show(ledger, 7, serial + 1, serial)
  show(ledger, 8, 1, 2)
}

test('finds nothing where all is well, letters that come again included', () => {
  const ledger = begin()
  showAll(ledger)
  ledger.came(7, 3, { sender: 0, serial: 2, device: 7 }, false)
  expect(faults(ledger)).toEqual({})
  expect(ledger.tally()).toMatchObject({ submitted: 3, accepted: 3, delivered: 4, repeated: 1 })
})

test('a message that was not accepted may come or not', () => {
  const ledger = begin()
  showAll(ledger)
  ledger.submitted(0, 3, [7])
  ledger.submitted(0, 4, [7])
  show(ledger, 7, 4, 4)
  expect(faults(ledger)).toEqual({})
})

test('sees what is lost', () => {
  const ledger = begin()
  show(ledger, 7, 1, 0)
  expect(faults(ledger)).toEqual({ lost: 3 })
  expect(ledger.missing()[0]).toEqual({ sender: 0, serial: 1, device: 7 })
})

test('sees what only one of two devices gets', () => {
  const ledger = begin()
  for (const serial of [0, 1, 2]) show(ledger, 7, serial + 1, serial)
  expect(faults(ledger)).toEqual({ lost: 1, halved: 1 })
})

test('sees what is shown twice', () => {
  const ledger = begin()
  showAll(ledger)
  show(ledger, 8, 2, 2)
  expect(faults(ledger)).toEqual({ duplicated: 1, storedTwice: 1 })
})

test('sees what is stored twice, though the application drops it', () => {
  const ledger = begin()
  showAll(ledger)
  ledger.came(7, 4, { sender: 0, serial: 0, device: 7 }, false)
  expect(faults(ledger)).toEqual({ storedTwice: 1 })
})

test('sees a sequence that is given out twice', () => {
  const ledger = begin()
  showAll(ledger)
  ledger.came(7, 3, { sender: 0, serial: 1, device: 7 }, false)
  expect(ledger.tally().storedTwice).toBeGreaterThan(0)
})

test('sees what is out of order', () => {
  const ledger = begin()
  show(ledger, 7, 1, 1)
  show(ledger, 7, 2, 0)
  show(ledger, 7, 3, 2)
  show(ledger, 8, 1, 2)
  expect(faults(ledger)).toEqual({ reordered: 1 })
})

test('sees a hole, a letter for somebody else, and a refusal', () => {
  const ledger = begin()
  show(ledger, 7, 2, 0)
  ledger.came(7, 3, { sender: 0, serial: 2, device: 8 }, true)
  ledger.came(7, 4, { sender: 9, serial: 9, device: 7 }, true)
  ledger.answered(0, 3, false)
  expect(faults(ledger)).toMatchObject({ skipped: 1, misdelivered: 2, refused: 1 })
})
