/**
 * Whom a consent is about, sealed at rest. The store's file then tells no more than the pair tags
 * do, and the directory can still carry the consents over to an account that is linked later.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { AccountId, IdKeys } from '@isthmus/runtime/ids'

export interface Peer {
  /** The account that the pair tag holds for. */
  readonly account: AccountId
  /** The account that the person spoke of. */
  readonly addressed: AccountId
}

export interface PeerSeal {
  /** Nonce (12 bytes), ciphertext (32), tag (16). @param owner is bound to it. */
  readonly seal: (peer: Peer, owner: string) => Uint8Array
  /** @throws when it was sealed for another owner or under another realm secret. */
  readonly open: (sealed: Uint8Array, owner: string) => Peer
}

const raw = (id: string): Buffer => Buffer.from(id, 'base64url')

export const createPeerSeal = (ids: IdKeys): PeerSeal => {
  // A keyed hash of a constant: 128 bits that only holders of the realm's secret know.
  const key = raw(ids.lookupKey('key', 'sealed-peer'))
  return {
    seal: (peer, owner) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(Buffer.from(owner))
      const text = Buffer.concat([raw(peer.account), raw(peer.addressed)])
      const sealed = Buffer.concat([
        nonce,
        cipher.update(text),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return new Uint8Array(sealed)
    },
    open: (sealed, owner) => {
      const decipher = createDecipheriv('aes-128-gcm', key, sealed.subarray(0, 12))
        .setAAD(Buffer.from(owner))
        .setAuthTag(sealed.subarray(-16))
      const text = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
      const [account, addressed] = [text.subarray(0, 16), text.subarray(16)]
      return {
        account: account.toString('base64url') as AccountId,
        addressed: addressed.toString('base64url') as AccountId,
      }
    },
  }
}
