/** Which network address a request is counted under. */
import { isIPv6 } from 'node:net'
import type { Context } from 'hono'
import type { Env } from './api.ts'

/** The first four groups of an IPv6 address: whoever has one address has all of these. */
const prefix64 = (address: string): string => {
  // An IPv4 address at the end stands for two groups, of which none is among the first four.
  const [head = '', tail] = address.replace(/\d+\.[\d.]+$/, '0:0').split('::')
  const groups = head.split(':').filter(Boolean)
  const rest = (tail ?? '').split(':').filter(Boolean)
  while (groups.length + rest.length < 8) groups.push('0')
  const first = [...groups, ...rest].slice(0, 4)
  return first.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

/** IPv4 as it is, also when mapped into IPv6; IPv6 cut to its first 64 bits. */
export const clientKey = (address: string): string => {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  return isIPv6(plain) ? prefix64(plain) : plain
}

/**
 * @param trustedProxies how many proxies append to X-Forwarded-For. Each adds whom it heard from,
 * so the client's address is that many from the right; what stands left of it anybody can write.
 */
export const createClientOf =
  (trustedProxies: number) =>
  (c: Context<Env>): string => {
    const peer = c.env.incoming.socket.remoteAddress ?? ''
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim())
    const forwarded = trustedProxies > 0 ? hops.at(-trustedProxies) : undefined
    return clientKey(forwarded || peer)
  }
