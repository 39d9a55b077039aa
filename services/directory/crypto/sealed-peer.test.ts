import { expect, test } from '@jest/globals'
import { idKeys } from '@isthmus/runtime/ids'
import { createPeerSeal } from './sealed-peer.ts'

const ids = idKeys(Buffer.alloc(32, 1))
const peer = { account: ids.accountId('a'), addressed: ids.accountId('b') }

test('opens for the owner, and for nobody else', () => {
  const { seal, open } = createPeerSeal(ids)
  const sealed = seal(peer, 'owner')
  expect(sealed).toHaveLength(60)
  expect(open(sealed, 'owner')).toEqual(peer)
  expect(() => open(sealed, 'other')).toThrow()
  expect(() => createPeerSeal(idKeys(Buffer.alloc(32, 2))).open(sealed, 'owner')).toThrow()
  sealed[20]! ^= 1
  expect(() => open(sealed, 'owner')).toThrow()
})

test('never looks the same twice', () => {
  const { seal } = createPeerSeal(ids)
  expect(seal(peer, 'owner')).not.toEqual(seal(peer, 'owner'))
})
