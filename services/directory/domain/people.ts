/** Who is reached at an address, where, and by whom. Decisions are pure; reads stand below. */
import { Consent, ReachPolicy, type Resolution } from '@isthmus/proto/codec'
import type {
  AccountRecord,
  ConsentValue,
  PersonRecord,
  PersonView,
  Reach,
} from '@isthmus/directory-store/port'
import type { Address, Network } from '@isthmus/runtime/address'
import type { AccountId, IdKeys, PairTag } from '@isthmus/runtime/ids'
import { LIMITS } from '@isthmus/runtime/limits'
import { Problem } from '../problems.ts'
import { accountIdOf, retried, type Directory } from './directory.ts'

/** The accounts on the networks that the person chose; all of them if none is left of these. */
export const reachedAccounts = ({ person, accounts }: PersonView): readonly AccountRecord[] => {
  const chosen = accounts.filter(({ network }) => person.networks?.includes(network) ?? true)
  return chosen.length > 0 ? chosen : accounts
}

const REACH: Record<Reach, ReachPolicy> = {
  everyone: ReachPolicy.EVERYONE,
  allowed: ReachPolicy.ALLOWED,
}

const CONSENT: Record<ConsentValue, Consent> = {
  allowed: Consent.ALLOWED,
  blocked: Consent.BLOCKED,
}

export interface ResolveQuestion {
  readonly accountId: string
  readonly pairTag: string
}

const UNKNOWN: Resolution = {
  known: false,
  deviceIds: [],
  reach: ReachPolicy.UNSPECIFIED,
  consent: Consent.UNSPECIFIED,
}

/** What a router is told. One's own linked accounts are always allowed. */
export const toResolution = (
  ids: IdKeys,
  question: ResolveQuestion,
  view: PersonView | undefined,
  said: ConsentValue | undefined,
): Resolution => {
  if (!view) return UNKNOWN
  const addressed = question.accountId as AccountId
  const own = view.accounts.some(({ id }) => ids.pairTag(addressed, id) === question.pairTag)
  const devices = reachedAccounts(view).flatMap((account) => account.devices)
  return {
    known: true,
    deviceIds: devices.slice(0, LIMITS.maxLetters).map(({ id }) => id),
    reach: REACH[view.person.reach],
    consent: own ? Consent.ALLOWED : said ? CONSENT[said] : Consent.UNSPECIFIED,
  }
}

/** Answers a router's questions, in their order, all from one turn of the store. */
export const resolve = async (
  { store, ids }: Directory,
  questions: readonly ResolveQuestion[],
): Promise<Resolution[]> => {
  const [views, said] = await Promise.all([
    store.peopleOf(questions.map(({ accountId }) => accountId as AccountId)),
    store.consents(questions.map(({ pairTag }) => pairTag as PairTag)),
  ])
  return questions.map((question, i) => toResolution(ids, question, views[i], said[i]))
}

/**
 * The accounts whose devices a person may seal for. Reads the same, in number and kind, whether
 * the address is unknown, refuses or has blocked.
 * @throws Problem `unknown-recipient`.
 */
export const lookUp = async (
  directory: Directory,
  caller: AccountId,
  address: Address,
): Promise<readonly AccountRecord[]> => {
  const { store, ids } = directory
  const id = accountIdOf(directory, address)
  const [[view, own], [said]] = await Promise.all([
    store.peopleOf([id, caller]),
    store.consents([ids.pairTag(id, caller)]),
  ])
  const isOwn = view !== undefined && view.person.id === own?.person.id
  const open = said === 'allowed' || (said === undefined && view?.person.reach === 'everyone')
  if (!view || !(isOwn || open)) throw new Problem('unknown-recipient')
  return reachedAccounts(view)
}

/** @throws Problem `unauthenticated` if the account is gone. */
export const personOf = async ({ store }: Directory, id: AccountId): Promise<PersonView> => {
  const [view] = await store.peopleOf([id])
  if (!view) throw new Problem('unauthenticated')
  return view
}

export const accountsOfPerson = async (directory: Directory, id: AccountId): Promise<AccountId[]> =>
  (await personOf(directory, id)).accounts.map((account) => account.id)

export interface ReachChoice {
  readonly policy: Reach
  /** Undefined: on all linked networks. */
  readonly networks: readonly Network[] | undefined
}

/** Sets who may write and where the person is reached; gives the networks that now apply. */
export const setReach = async (
  directory: Directory,
  accountId: AccountId,
  choice: ReachChoice,
): Promise<readonly Network[]> => {
  const view = await retried(async () => {
    const { person, accounts } = await personOf(directory, accountId)
    const linked = new Set(accounts.map(({ network }) => network))
    if (choice.networks?.some((network) => !linked.has(network))) throw new Problem('not-linked')
    const next: PersonRecord = { ...person, reach: choice.policy, networks: choice.networks }
    return (await directory.store.replacePerson(next)) ? { person: next, accounts } : undefined
  })
  directory.changed({ accountIds: view.accounts.map(({ id }) => id) })
  return [...new Set(reachedAccounts(view).map(({ network }) => network))]
}
