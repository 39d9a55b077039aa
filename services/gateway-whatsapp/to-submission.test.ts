import { describe, expect, it } from '@jest/globals'
import { ErrorCode } from '@isthmus/proto/codec'
import { addressOf, formatAddress, isHandle, NETWORKS } from '@isthmus/runtime/address'
import fc from 'fast-check'
import { encodeBase64 } from './protocol/base64.ts'
import { xml } from './protocol/element.ts'
import { addressOfJid, domainsOf } from './protocol/jid.ts'
import { NS } from './protocol/namespaces.ts'
import { parse } from './testing/frames.ts'
import { HANDLE, REALM, TO } from './testing/recorder.ts'
import { toSubmission } from './to-submission.ts'

const SELF = { network: 'whatsapp', handle: HANDLE } as const
const domains = domainsOf(REALM)
const submissionOf = (stanza: string) => toSubmission(parse(stanza), domains, SELF)
/** Texts that XML can carry. */
const text = fc.string({ unit: 'grapheme' }).filter((it) => !/[\0-\x1f\ufffe\uffff]/.test(it))

describe('a message', () => {
  it('gives its id, devices, letters and time to live, whatever they are', () => {
    const letters = fc.array(fc.record({ device: text, sealed: fc.uint8Array() }), { maxLength: 5 })
    const ids = text.filter((id) => id !== '')
    fc.assert(
      fc.property(ids, letters, fc.nat(0xffff_ffff), (id, written, ttl) => {
        const content = written.map(({ device, sealed }) =>
          xml('letter', { device }, encodeBase64(sealed)),
        )
        const sealed = xml('sealed', { xmlns: NS.sealed, ttl }, content.join(''))
        const stanza = xml('message', { xmlns: NS.client, to: TO, id }, sealed)
        const submission = submissionOf(stanza)
        if ('error' in submission) throw new Error(submission.what)
        const { envelope } = submission
        expect(envelope.id).toBe(id)
        expect(envelope.ttlSeconds).toBe(ttl)
        expect(envelope.letters.map(({ deviceId }) => deviceId)).toEqual(
          written.map(({ device }) => device),
        )
        for (const [at, { sealed: bytes }] of envelope.letters.entries()) {
          expect(Buffer.from(written[at]?.sealed ?? []).equals(bytes)).toBe(true)
        }
      }),
    )
  })

  it('to any JID is for a person of the realm, or for nobody', () => {
    const jids = fc.oneof(
      text,
      fc
        .tuple(text, fc.constantFrom(...NETWORKS, 'x'), fc.constantFrom('', '/r', '@x'))
        .map(([handle, network, rest]) => `${handle}@${network}.${REALM}${rest}`),
      fc.constantFrom(...NETWORKS).map((network) => `ada.lovelace@${network}.${REALM}`),
    )
    fc.assert(
      fc.property(jids, (to) => {
        const sealed = xml('sealed', { xmlns: NS.sealed })
        const submission = submissionOf(xml('message', { xmlns: NS.client, to, id: '1' }, sealed))
        if ('error' in submission) {
          expect(submission.error).toBe(ErrorCode.UNKNOWN_RECIPIENT)
        } else {
          const { network, handle } = submission.to
          expect(isHandle(network, handle)).toBe(true)
        }
      }),
    )
  })
})

it('reads back the JID of every address', () => {
  const handles = fc.stringMatching(/^[a-z0-9._]{1,30}$/)
  fc.assert(
    fc.property(fc.constantFrom(...NETWORKS), handles, (network, handle) => {
      const address = addressOf(network, handle)
      const read = addressOfJid(`${handle}@${network}.${REALM}/x`, domains)
      expect(read && formatAddress(read)).toBe(address && formatAddress(address))
    }),
  )
})
