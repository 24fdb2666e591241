import ipaddr from 'ipaddr.js'

/**
 * What one caller has of addresses: who has one of IPv6 has the 2^64 beside it; an IPv4 address written as
 * one of IPv6 is that IPv4 address.
 */
export function networkOf(address: string): string {
  try {
    const parsed = ipaddr.process(address)
    if (parsed.kind() === 'ipv4') return parsed.toString()
    return parsed.toByteArray().slice(0, 8).join('.')
  } catch {
    return address
  }
}
