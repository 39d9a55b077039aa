/**
 * Linking accounts to one person, and taking them out again.
 *
 * The store changes one record at a time, so each change is a sequence of writes in an order in
 * which every prefix is safe: consents first (nobody whom one of the accounts blocked gets through
 * by another), then the person who takes the accounts in, then the accounts, one by one. Whoever
 * is interrupted does it again, and ends where one undisturbed call would.
 */
import type { PersonRecord, PersonView } from '@isthmus/directory-store/port'
import type { Network } from '@isthmus/runtime/address'
import { randomId, type AccountId } from '@isthmus/runtime/ids'
import { Problem } from '../problems.ts'
import { shareConsents } from './consents.ts'
import { MAX_ACCOUNTS_OF_PERSON, retried, updateAccount, type Directory } from './directory.ts'
import { personOf } from './people.ts'

const idsOf = ({ accounts }: PersonView): AccountId[] => accounts.map(({ id }) => id)

/** Whoever chose networks stays reached there, and the other stays reached where they were. */
const joinNetworks = (a: PersonRecord, b: PersonRecord): readonly Network[] | undefined =>
  a.networks && b.networks && [...new Set([...a.networks, ...b.networks])]

/** Both persons as one, of these accounts. The stricter policy holds; either order gives the same. */
export const joinPeople = (
  into: PersonRecord,
  from: PersonRecord,
  accountIds: readonly AccountId[],
): PersonRecord => ({
  ...into,
  accountIds,
  reach: into.reach === 'everyone' ? from.reach : 'allowed',
  networks: joinNetworks(into, from),
})

const moveAccount = async (directory: Directory, id: AccountId, to: string): Promise<void> => {
  await updateAccount(directory, id, (account) =>
    account.personId === to ? account : { ...account, personId: to },
  )
}

/** One step: undefined until both are found to be accounts of one person. */
const tryLink = async (
  directory: Directory,
  one: AccountId,
  other: AccountId,
): Promise<AccountId[] | undefined> => {
  const views = [await personOf(directory, one), await personOf(directory, other)] as const
  // Always the same direction, so that two calls for the same two can't swap their accounts.
  const [into, from] = views[0].person.id < views[1].person.id ? views : views.toReversed()
  if (!into || !from) return undefined
  const members = [...new Set([...idsOf(into), ...idsOf(from)])]
  if (members.length > MAX_ACCOUNTS_OF_PERSON) throw new Problem('too-many-accounts')
  // Before they move, and once more when they have, for what was said meanwhile.
  await shareConsents(directory, members)
  const isDone =
    into.person.id === from.person.id && members.every((id) => into.person.accountIds.includes(id))
  if (isDone) return members

  const joined = joinPeople(into.person, from.person, members)
  if (!(await directory.store.replacePerson(joined))) return undefined
  for (const id of idsOf(from)) await moveAccount(directory, id, joined.id)
  await removeEmptied(directory, from, joined)
  return undefined
}

/** A person whom another call is just giving an account is left alone: that call lists it first. */
const removeEmptied = async (
  { store }: Directory,
  { person, accounts }: PersonView,
  joined: PersonRecord,
): Promise<void> => {
  const moved = accounts.map(({ id }) => id)
  if (person.id === joined.id || !person.accountIds.every((id) => moved.includes(id))) return
  await store.removePerson(person.id, person.version)
}

/** Makes both accounts, and all that are linked with either, one person's. Gives them all. */
export const link = async (
  directory: Directory,
  one: AccountId,
  other: AccountId,
): Promise<readonly AccountId[]> => {
  const before = await directory.store.peopleOf([one, other])
  const touched = before.flatMap((view) => (view ? idsOf(view) : []))
  try {
    return await retried(() => tryLink(directory, one, other))
  } finally {
    directory.changed({ accountIds: [...new Set([...touched, one, other])] })
  }
}

/** Takes an account out of its person: it stays reachable by itself, under the same policy. */
export const unlink = async (directory: Directory, id: AccountId): Promise<void> => {
  const { store } = directory
  const view = await personOf(directory, id)
  const others = idsOf(view).filter((other) => other !== id)
  if (others.length === 0) return
  const alone: PersonRecord = {
    id: randomId(),
    version: 1,
    accountIds: [id],
    reach: view.person.reach,
    networks: undefined,
  }
  await store.createPerson(alone)
  await moveAccount(directory, id, alone.id)
  directory.changed({ accountIds: idsOf(view) })
  await retried(async () => {
    const [rest] = await store.peopleOf(others)
    if (!rest || !rest.person.accountIds.includes(id)) return true
    const accountIds = rest.person.accountIds.filter((other) => other !== id)
    return (await store.replacePerson({ ...rest.person, accountIds })) || undefined
  })
}
