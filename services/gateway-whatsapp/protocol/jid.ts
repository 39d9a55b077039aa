/** JIDs (RFC 7622) of the realm: `handle@network.realm`, with the device's id as the resource. */
import { addressOf, NETWORKS, type Address, type Network } from '@isthmus/runtime/address'

/** The domains of the realm's networks. */
export type Domains = ReadonlyMap<string, Network>

export const domainsOf = (realm: string): Domains =>
  new Map(NETWORKS.map((network) => [`${network}.${realm}`.toLowerCase(), network]))

/**
 * The address that a JID stands for, whatever its resource: letters name devices themselves.
 * @returns undefined if it is not a JID of a person on one of the networks
 */
export const addressOfJid = (jid: string, domains: Domains): Address | undefined => {
  const slash = jid.indexOf('/')
  const bare = slash === -1 ? jid : jid.slice(0, slash)
  const at = bare.indexOf('@')
  if (at === -1) return undefined
  const network = domains.get(bare.slice(at + 1))
  if (network) {
    const address = addressOf(network, bare.slice(0, at))
    if (address) return address
  }
  // Domains and localparts are compared in lower case (RFC 7622, sections 3.2 and 3.3).
  const lower = bare.toLowerCase()
  return lower === bare ? undefined : addressOfJid(lower, domains)
}
