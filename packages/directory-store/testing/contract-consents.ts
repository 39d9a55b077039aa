import { expect, test } from '@jest/globals'
import type { DirectoryStore } from '../port.ts'
import { consent, pairTag } from './records.ts'

export const consentContract = (store: () => DirectoryStore): void => {
  test('answers what was said last, in the order of the questions', async () => {
    const [first, second] = [consent(), consent({ consent: 'blocked' })]
    await store().putConsents([first, second])
    expect(await store().consents([second.tag, pairTag(), first.tag])).toEqual([
      'blocked',
      undefined,
      'allowed',
    ])
    await store().putConsents([{ ...first, consent: 'blocked' }])
    expect(await store().consents([first.tag])).toEqual(['blocked'])
    expect(await store().consents([])).toEqual([])
  })

  test('removes what was said about a pair and the pair itself', async () => {
    const spoken = consent()
    const alsoHolds = consent({ about: spoken.tag })
    const overridden = consent({ tag: pairTag(), about: pairTag() })
    const untouched = consent()
    await store().putConsents([spoken, alsoHolds, overridden, untouched])
    const removed = await store().removeConsents([spoken.tag, overridden.tag])
    expect([...removed].sort()).toEqual([spoken.tag, alsoHolds.tag, overridden.tag].sort())
    const left = await store().consents([spoken.tag, alsoHolds.tag, untouched.tag])
    expect(left).toEqual([undefined, undefined, 'allowed'])
    expect(await store().removeConsents([spoken.tag])).toEqual([])
  })

  test('merging adds, lets blocked win and changes nothing else', async () => {
    const [allowed, blocked] = [consent(), consent({ consent: 'blocked' })]
    await store().putConsents([allowed, blocked])
    const fresh = consent()
    const merged = [
      { ...consent({ consent: 'blocked' }), tag: allowed.tag },
      { ...consent({ consent: 'allowed' }), tag: blocked.tag },
      fresh,
    ]
    for (let time = 0; time < 2; time++) await store().mergeConsents(merged)
    const answers = await store().consents([allowed.tag, blocked.tag, fresh.tag])
    expect(answers).toEqual(['blocked', 'blocked', 'allowed'])
    expect(await store().consentsOf(allowed.owner, undefined, 9)).toEqual([
      { ...allowed, consent: 'blocked' },
    ])
  })

  test('pages through an owner’s consents and counts them', async () => {
    const { owner } = consent()
    const records = Array.from({ length: 7 }, () => consent({ owner }))
    await store().putConsents([...records, consent()])
    const sorted = records.toSorted((a, b) => (a.tag < b.tag ? -1 : 1))
    expect(await store().consentsOf(owner, undefined, 3)).toEqual(sorted.slice(0, 3))
    expect(await store().consentsOf(owner, sorted[2]!.tag, 10)).toEqual(sorted.slice(3))
    expect(await store().consentsOf(owner, sorted[6]!.tag, 10)).toEqual([])
    expect(await store().countConsents(owner)).toBe(7)
    expect(await store().countConsents(pairTag())).toBe(0)
  })
}
