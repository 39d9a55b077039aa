import { describe, expect, test } from '@jest/globals'
import {
  Consent,
  ErrorCode,
  ReachPolicy,
  type Resolution,
  type Submission,
} from '@isthmus/proto/codec'
import fc from 'fast-check'
import { plan } from './plan.ts'

const submissionTo = (...devices: string[]): Submission => ({
  key: new Uint8Array(16),
  recipient: 'recipient',
  pairTag: 'pair',
  letters: devices.map((deviceId) => ({ deviceId, sealed: new Uint8Array(100) })),
  ttlSeconds: 60,
})

const person = (change: Partial<Resolution> = {}): Resolution => ({
  known: true,
  deviceIds: ['phone'],
  reach: ReachPolicy.EVERYONE,
  consent: Consent.UNSPECIFIED,
  ...change,
})

const outcome = (recipient: Resolution): ErrorCode => {
  const planned = plan(submissionTo('phone'), recipient)
  return planned.kind === 'store' ? ErrorCode.UNSPECIFIED : planned.error
}

describe('consent', () => {
  const { EVERYONE, ALLOWED } = ReachPolicy
  test.each([
    [EVERYONE, Consent.UNSPECIFIED, ErrorCode.UNSPECIFIED],
    [EVERYONE, Consent.ALLOWED, ErrorCode.UNSPECIFIED],
    [EVERYONE, Consent.BLOCKED, ErrorCode.REFUSED],
    [ALLOWED, Consent.UNSPECIFIED, ErrorCode.UNKNOWN_RECIPIENT],
    [ALLOWED, Consent.ALLOWED, ErrorCode.UNSPECIFIED],
    [ALLOWED, Consent.BLOCKED, ErrorCode.UNKNOWN_RECIPIENT],
    // A policy that nobody has heard of yet lets nobody in.
    [ReachPolicy.UNSPECIFIED, Consent.UNSPECIFIED, ErrorCode.UNKNOWN_RECIPIENT],
  ])('policy %s, consent %s: error %s', (reach, consent, expected) => {
    expect(outcome(person({ reach, consent }))).toBe(expected)
  })

  test('a person whom the sender may not know of looks like nobody', () => {
    const hidden = plan(submissionTo('phone'), person({ reach: ALLOWED }))
    const nobody = plan(submissionTo('phone'), person({ known: false, deviceIds: [] }))
    expect(hidden).toEqual(nobody)
  })

  test('consent comes before the devices, so that a refusal tells no device', () => {
    const planned = plan(submissionTo('other'), person({ consent: Consent.BLOCKED }))
    expect(planned).toEqual({ kind: 'refuse', error: ErrorCode.REFUSED, missing: [], extra: [] })
  })
})

describe('devices', () => {
  test('says what is missing and what is extra', () => {
    const recipient = person({ deviceIds: ['phone', 'tablet', 'laptop'] })
    expect(plan(submissionTo('laptop', 'old'), recipient)).toEqual({
      kind: 'refuse',
      error: ErrorCode.STALE_DEVICES,
      missing: ['phone', 'tablet'],
      extra: ['old'],
    })
  })

  test('a person without devices can not be reached', () => {
    expect(outcome(person({ deviceIds: [] }))).toBe(ErrorCode.UNKNOWN_RECIPIENT)
  })

  test('stores exactly when there is one letter for each device', () => {
    const devices = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
    fc.assert(
      fc.property(devices, fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e')), (has, got) => {
        const planned = plan(submissionTo(...got), person({ deviceIds: has }))
        const exact = got.length === has.length && has.every((device) => got.includes(device))
        expect(planned.kind === 'store').toBe(exact)
      }),
    )
  })
})

describe('what should not have come over the bus', () => {
  test.each([
    ['a short key', { key: new Uint8Array(15) }, ErrorCode.MALFORMED],
    [
      'an unsealed letter',
      { letters: [{ deviceId: 'phone', sealed: new Uint8Array(48) }] },
      ErrorCode.NOT_SEALED,
    ],
    [
      'a huge letter',
      { letters: [{ deviceId: 'phone', sealed: new Uint8Array(65_537) }] },
      ErrorCode.TOO_LARGE,
    ],
  ] satisfies [string, Partial<Submission>, ErrorCode][])('%s', (_, change, error) => {
    const planned = plan({ ...submissionTo('phone'), ...change }, person())
    expect(planned).toMatchObject({ kind: 'refuse', error })
  })
})
