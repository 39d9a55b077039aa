/** What a person says of others: allowed or blocked, kept as pair tags. */
import type { ConsentRecord, ConsentValue } from '@isthmus/directory-store/port'
import type { Address } from '@isthmus/runtime/address'
import type { AccountId, PairTag } from '@isthmus/runtime/ids'
import type { Peer } from '../crypto/sealed-peer.ts'
import { Problem } from '../problems.ts'
import { MAX_CONSENTS_OF_ACCOUNT, accountIdOf, retried, type Directory } from './directory.ts'
import { accountsOfPerson } from './people.ts'

const ownerKey = ({ ids }: Directory, account: AccountId): string =>
  ids.lookupKey('consents-of', account)

const toRecord = (
  directory: Directory,
  own: AccountId,
  peer: Peer,
  consent: ConsentValue,
): ConsentRecord => {
  const owner = ownerKey(directory, own)
  return {
    tag: directory.ids.pairTag(own, peer.account),
    about: directory.ids.pairTag(own, peer.addressed),
    owner,
    consent,
    sealedPeer: directory.peers.seal(peer, owner),
  }
}

/** The addressed account and those that are linked with it now; alone if nobody is there. */
const accountsAt = async (directory: Directory, addressed: AccountId): Promise<AccountId[]> => {
  const [view] = await directory.store.peopleOf([addressed])
  return view ? view.accounts.map(({ id }) => id) : [addressed]
}

/** There is twice the room for blocking: who has allowed many must still be able to block. */
const checkRoom = async (
  directory: Directory,
  own: readonly AccountId[],
  consent: ConsentValue,
): Promise<void> => {
  const room = consent === 'blocked' ? 2 * MAX_CONSENTS_OF_ACCOUNT : MAX_CONSENTS_OF_ACCOUNT
  const counts = await Promise.all(
    own.map((account) => directory.store.countConsents(ownerKey(directory, account))),
  )
  if (counts.some((count) => count >= room)) throw new Problem('too-many-consents')
}

/**
 * Says something of whoever is at the address, for all accounts of the person who says it and of
 * all accounts of the person spoken of. It does not tell whether there is anybody.
 */
export const putConsent = async (
  directory: Directory,
  caller: AccountId,
  address: Address,
  consent: ConsentValue,
): Promise<void> => {
  const addressed = accountIdOf(directory, address)
  await retried(async () => {
    const [own, peers] = await Promise.all([
      accountsOfPerson(directory, caller),
      accountsAt(directory, addressed),
    ])
    await checkRoom(directory, own, consent)
    const records = own.flatMap((account) =>
      peers.map((peer) => toRecord(directory, account, { account: peer, addressed }, consent)),
    )
    await directory.store.putConsents(records)
    directory.changed({ pairTags: records.map(({ tag }) => tag) })
    // An account that was linked meanwhile got a copy of what stood before: then write it again.
    const now = await accountsOfPerson(directory, caller)
    return now.join() === own.join() ? true : undefined
  })
}

/** Takes back what was said of whoever is at the address. */
export const removeConsent = async (
  directory: Directory,
  caller: AccountId,
  address: Address,
): Promise<void> => {
  const addressed = accountIdOf(directory, address)
  await retried(async () => {
    const own = await accountsOfPerson(directory, caller)
    const about = own.map((account) => directory.ids.pairTag(account, addressed))
    const pairTags = [...(await directory.store.removeConsents(about))]
    if (pairTags.length > 0) directory.changed({ pairTags })
    const now = await accountsOfPerson(directory, caller)
    return now.join() === own.join() ? true : undefined
  })
}

const PAGE = 128

async function* pagesOf(directory: Directory, account: AccountId): AsyncGenerator<Stored[]> {
  const owner = ownerKey(directory, account)
  let after: PairTag | undefined
  for (;;) {
    const records = await directory.store.consentsOf(owner, after, PAGE)
    yield records.map(({ sealedPeer, consent }) => ({
      peer: directory.peers.open(sealedPeer, owner),
      consent,
    }))
    after = records.at(-1)?.tag
    if (records.length < PAGE) return
  }
}

interface Stored {
  readonly peer: Peer
  readonly consent: ConsentValue
}

/**
 * Makes what any of these accounts has said hold for all of them; where they differ, blocked
 * wins. Doing it again changes nothing.
 */
export const shareConsents = async (
  directory: Directory,
  accounts: readonly AccountId[],
): Promise<void> => {
  for (const from of accounts) {
    for await (const page of pagesOf(directory, from)) {
      const records = page
        .filter(({ peer }) => !accounts.includes(peer.account))
        .flatMap(({ peer, consent }) =>
          accounts
            .filter((other) => other !== from)
            .map((other) => toRecord(directory, other, peer, consent)),
        )
      if (records.length === 0) continue
      await directory.store.mergeConsents(records)
      directory.changed({ pairTags: records.map(({ tag }) => tag) })
    }
  }
}
