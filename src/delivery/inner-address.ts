import * as ipaddr from 'ipaddr.js'

/** Forms of IPv6 that lead to the IPv4 address inside them, and where in their 16 bytes it stands. */
const FORMS: { network: [ipaddr.IPv4 | ipaddr.IPv6, number]; at: number; inverted?: true }[] = [
  // NAT64: RFC 6052, and RFC 8215 for a network's own prefix.
  { network: ipaddr.parseCIDR('64:ff9b::/96'), at: 12 },
  { network: ipaddr.parseCIDR('64:ff9b:1::/48'), at: 12 },
  // IPv4-translated (RFC 2765).
  { network: ipaddr.parseCIDR('::ffff:0:0:0/96'), at: 12 },
  // 6to4 (RFC 3056), Teredo (RFC 4380).
  { network: ipaddr.parseCIDR('2002::/16'), at: 2 },
  { network: ipaddr.parseCIDR('2001::/32'), at: 12, inverted: true },
]
const COMPATIBLE = ipaddr.parseCIDR('::/96')

/**
 * The IPv4 address that packets to this address end at where such a tunnel or translator stands; nothing
 * for one that has none inside. IPv4-mapped ones are read as IPv4 before.
 */
export function innerIPv4(address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  if (address.kind() === 'ipv4') return undefined
  const bytes = address.toByteArray()
  const form = FORMS.find(({ network }) => address.match(network))
  if (form) {
    const inner = bytes.slice(form.at, form.at + 4)
    return (form.inverted ? inner.map((byte) => 255 - byte) : inner).join('.')
  }
  return isIsatap(bytes) || isCompatible(address, bytes) ? bytes.slice(12).join('.') : undefined
}

/** RFC 5214: any prefix, then 0000:5efe or 0200:5efe. */
function isIsatap(bytes: number[]): boolean {
  const [first, ...rest] = bytes.slice(8, 12)
  return (first === 0 || first === 2) && rest.join() === '0,94,254'
}

/** RFC 4291, 2.5.5.1; not `::` and `::1`, which are addresses of their own. */
function isCompatible(address: ipaddr.IPv4 | ipaddr.IPv6, bytes: number[]): boolean {
  return address.match(COMPATIBLE) && bytes[12] !== 0
}
