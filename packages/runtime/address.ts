/** Addresses: `network:handle`, with each network's rule for its handles. */

export const NETWORKS = ['whatsapp', 'messenger', 'instagram'] as const
export type Network = (typeof NETWORKS)[number]

const HANDLE: Record<Network, RegExp> = {
  // The digits of E.164, no plus.
  whatsapp: /^[1-9][0-9]{6,14}$/,
  messenger: /^[a-z0-9.]{5,50}$/,
  instagram: /^[a-z0-9._]{1,30}$/,
}

export interface Address {
  readonly network: Network
  readonly handle: string
}

export const isNetwork = (text: string): text is Network =>
  (NETWORKS as readonly string[]).includes(text)

/** Whether the handle is in its network's canonical form. */
export const isHandle = (network: Network, handle: string): boolean => HANDLE[network].test(handle)

/** Reads `network:handle`; undefined if it is not an address in canonical form. */
export const parseAddress = (text: string): Address | undefined => {
  const colon = text.indexOf(':')
  return addressOf(text.slice(0, Math.max(colon, 0)), text.slice(colon + 1))
}

/** Joins the two; undefined if they are not an address in canonical form. */
export const addressOf = (network: string, handle: string): Address | undefined =>
  isNetwork(network) && isHandle(network, handle) ? { network, handle } : undefined

export const formatAddress = (address: Address): string => `${address.network}:${address.handle}`
