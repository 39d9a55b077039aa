/** The ids by which somebody who only sends could be told in what the relay keeps or passes on. */
import { loadRealm } from '@isthmus/all-in-one/realm'
import { idKeys } from '@isthmus/runtime/ids'
import type { Canary } from './canaries.ts'
import type { CanaryPerson } from './canary-people.ts'

/** As text, and as the 16 bytes that the text stands for. */
const inBothForms = (name: string, id: string): Canary[] => [
  { name, value: id },
  { name: `${name}, decoded`, value: Buffer.from(id, 'base64url') },
]

export interface SenderIds {
  /** Account and device. */
  readonly ids: readonly Canary[]
  /** Of the sender and each recipient, as the gateway makes them. */
  readonly pairTags: readonly Canary[]
  /** What the directory gives out of the sender's device to those who may write to it. */
  readonly keys: readonly Canary[]
}

/** @param folder the relay's, for the realm's keys. */
export const senderIdsOf = (
  folder: string,
  senders: readonly CanaryPerson[],
  recipients: readonly CanaryPerson[],
): SenderIds => {
  const keys = idKeys(loadRealm(folder).secret)
  const accountOf = ({ device }: CanaryPerson) => keys.accountId(device.account.address)
  return {
    ids: senders.flatMap((sender) => [
      ...inBothForms('the sender’s account id', accountOf(sender)),
      ...inBothForms('the sender’s device id', sender.device.id),
    ]),
    pairTags: senders.flatMap((sender) =>
      recipients.flatMap((recipient) =>
        inBothForms('a pair tag', keys.pairTag(accountOf(recipient), accountOf(sender))),
      ),
    ),
    keys: senders.flatMap(({ device }) => [
      { name: 'the sender’s X25519 key', value: device.x25519.publicKey },
      { name: 'the sender’s Ed25519 key', value: device.ed25519.publicKey },
      { name: 'the sender’s identity key', value: device.account.identity.publicKey },
      { name: 'the sender’s certificate', value: device.certificate.subarray(0, 48) },
    ]),
  }
}
