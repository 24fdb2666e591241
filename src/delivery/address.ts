import { isIP } from 'node:net'
import * as ipaddr from 'ipaddr.js'
import { isNoWebPort } from './ports'
import { innerIPv4 } from './inner-address'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Cidr = [Address, number]

/** Where Herald may POST to. Public addresses always; others only when an operator lists them. */
export interface TargetRules {
  allowed: readonly Cidr[]
  /** Those of servers that may be started again under others: what is added later counts. */
  deniedPorts: readonly number[]
  /** Nothing goes out in the clear. */
  requireHttps: boolean
}

export type Verdict = { ok: true } | { ok: false; reason: string }

const OK: Verdict = { ok: true }
const URL_MAX_LENGTH = 2_048

/**
 * Clouds hand out credentials here to whoever asks from inside, so a range that an operator allows
 * for its receivers must not open them. AWS, GCP, Azure and others; ECS; EKS; Azure's host agent;
 * Oracle; Alibaba; Scaleway.
 */
const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '192.0.0.192',
  '100.100.100.200',
  '169.254.42.42',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:42::42',
].map((address) => ipaddr.parse(address).toNormalizedString())

/** Everything that the registries hand out to the public Internet; the rest of IPv6 is special or unassigned. */
const IPV6_GLOBAL: Cidr = ipaddr.parseCIDR('2000::/3')

/** Throws when `allowTargets` has something else than CIDRs or single addresses. */
export function createTargetRules(options: { allowTargets: string[]; deniedPorts: number[]; requireHttps?: boolean }): TargetRules {
  const { allowTargets, deniedPorts, requireHttps = false } = options
  return { allowed: allowTargets.map(parseCidr), deniedPorts, requireHttps }
}

/**
 * What can be said of a webhook's URL without looking its name up. The same rules hold again at
 * each connection, for the addresses that the name has then.
 */
export function checkUrl(url: string, rules: TargetRules): Verdict {
  if (url.length > URL_MAX_LENGTH) return refuse(`The URL must not be longer than ${URL_MAX_LENGTH} characters`)
  // The parser leaves them out: what is shown would not be what is called.
  if (/\p{Cc}/u.test(url)) return refuse('The URL must not have control characters')
  const parsed = parseUrl(url)
  if (!parsed) return refuse('Not a URL; expected something like https://example.com/webhooks')
  const { protocol, hostname, port, username, password } = parsed
  if (protocol !== 'https:' && protocol !== 'http:') return refuse(`The URL must begin with https:// or http://`)
  const byScheme = checkScheme(protocol, rules)
  if (!byScheme.ok) return byScheme
  if (username !== '' || password !== '') {
    return refuse('The URL must not contain a user name or a password; give them as auth')
  }
  return checkEndpoint(hostname.replace(/^\[|\]$/g, ''), port === '' ? defaultPort(protocol) : Number(port), rules)
}

/**
 * As the WHATWG URL Standard parses it; undefined for what is no URL. Not by URL.canParse: once V8 has
 * compiled its caller, Node 20 answers false for a name such as bücher.example.
 */
export function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/** A host as a connection names it (IPv6 without brackets) and a port. Names pass; their addresses are judged later. */
export function checkEndpoint(host: string, port: number, rules: TargetRules): Verdict {
  const verdict = checkPort(port, rules)
  return verdict.ok ? checkHost(host, rules) : verdict
}

/** Of a scheme that is http or https. */
export function checkScheme(protocol: string, { requireHttps }: TargetRules): Verdict {
  return requireHttps && protocol !== 'https:' ? refuse('The URL must begin with https://, since HERALD_REQUIRE_HTTPS is set: give the webhook a URL with https, and retry what is parked') : OK
}

export function checkPort(port: number, rules: TargetRules): Verdict {
  if (rules.deniedPorts.includes(port)) return refuse(`Port ${port} belongs to a server of Herald's own and is never called`)
  return isNoWebPort(port) ? refuse(`Port ${port} is that of another protocol than HTTP and is never called`) : OK
}

/** Always the same for the same host and rules. */
export function checkHost(host: string, rules: TargetRules): Verdict {
  if (isIP(host) !== 0) return checkAddress(host, rules)
  return isLocalhost(host) ? checkAddress('127.0.0.1', rules) : OK
}

/** Public, or listed by the operator. Cloud metadata services must be listed by their very address. */
export function checkAddress(address: string, rules: TargetRules): Verdict {
  if (!ipaddr.isValid(address)) return refuse('The address cannot be read')
  const parsed = ipaddr.process(address)
  if (METADATA.includes(parsed.toNormalizedString())) {
    return isListed(parsed, rules, { exactly: true }) ? OK : refuse('The address is that of a cloud metadata service')
  }
  if (!isListed(parsed, rules) && !isPublic(parsed)) {
    return refuse(`The address is not public (${rangeOf(parsed)}); HERALD_ALLOW_TARGETS can allow it`)
  }
  const inner = innerIPv4(parsed)
  return inner === undefined ? OK : checkAddress(inner, rules)
}

export function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}

function refuse(reason: string): Verdict {
  return { ok: false, reason }
}

function isListed(address: Address, rules: TargetRules, { exactly = false } = {}): boolean {
  const whole = address.kind() === 'ipv4' ? 32 : 128
  return rules.allowed.some(
    ([network, bits]) =>
      network.kind() === address.kind() && address.match(network, bits) && (!exactly || bits === whole),
  )
}

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(IPV6_GLOBAL))
}

function rangeOf(address: Address): string {
  const range = address.range()
  return range === 'unicast' ? 'unassigned' : range
}

/** RFC 6761: these names mean the machine itself, whatever a resolver says. */
function isLocalhost(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host)
}

function parseCidr(text: string): Cidr {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  if (isIP(text) !== 0) {
    const address = ipaddr.parse(text)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  }
  throw new Error(`HERALD_ALLOW_TARGETS: '${text}' is not a CIDR; expected something like 10.1.0.0/16 or 10.1.2.3`)
}
