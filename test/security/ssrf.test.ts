import { createServer, type Server } from 'node:net'
import { checkAddress, checkUrl, createTargetRules } from '../../src/delivery/address'
import { createDispatcher, type DispatcherOptions, type ResolvedAddress } from '../../src/delivery/connector'
import { createPostEvent, type PostEvent } from '../../src/delivery/post'
import { aPost } from '../delivery/requests'
import { startReceiver, type Receiver } from '../support/receiver'
import { useScene } from '../support/scene'
import { until } from '../support/until'
import { HOSTS, PORTS, URLS } from './ssrf-vectors'
import { tell } from './tally'

const scene = useScene({ config: { allowTargets: [] } })
const rules = createTargetRules({ allowTargets: [], deniedPorts: [] })
const NO_LOOK_UP = (): Promise<ResolvedAddress[]> => Promise.reject(new Error('a name was looked up'))

let receiver: Receiver
/** Whoever listens where a stranger must not reach, and how often somebody came. */
let forbidden: { server: Server; connections: number; bytes: number }
const dispatchers: { destroy(): Promise<void> }[] = []

beforeAll(async () => {
  receiver = await startReceiver()
  const server = createServer((socket) => {
    forbidden.connections++
    socket.on('data', (chunk) => (forbidden.bytes += chunk.length)).on('error', () => undefined)
  })
  forbidden = { server, connections: 0, bytes: 0 }
  await new Promise<void>((resolve) => forbidden.server.listen(receiver.port, '127.0.0.2', resolve))
})
afterAll(async () => {
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()))
  await receiver.close()
  await new Promise((resolve) => forbidden.server.close(resolve))
})

function postThrough(options: Partial<DispatcherOptions>): PostEvent {
  const dispatcher = createDispatcher({ allowTargets: [], deniedPorts: [], ...options })
  dispatchers.push(dispatcher)
  return createPostEvent({ dispatcher, userAgent: 'Herald/test' })
}

const oauth2 = (tokenUrl: string) => ({ type: 'oauth2' as const, tokenUrl, clientId: 'herald', clientSecret: 'secret' })
const makeWithTokenUrl = (tokenUrl: string) => scene.api<{ errors?: { path: string }[] }>('POST', '/v1/webhooks', { url: 'https://example.com/', eventTypes: [1], auth: oauth2(tokenUrl) })
const makeWebhook = (url: string) => scene.api<{ errors?: { path: string }[] }>('POST', '/v1/webhooks', { url, eventTypes: [1] })

describe.each(Object.entries(HOSTS))('a host that is %s', (kind, hosts) => {
  it('is refused when a webhook is made, and at every attempt, without a look-up', async () => {
    const post = postThrough({ lookup: NO_LOOK_UP })
    const refused = new Set<string>()
    for (const host of hosts) {
      const url = `http://${host}:${receiver.port}/`
      // First the judgement: what it lets through is not to be called from a test.
      const verdict = checkUrl(url, rules)
      expect([host, verdict.ok]).toEqual([host, false])
      const { status, body } = await makeWebhook(url)
      expect([host, status, body.errors?.[0]?.path]).toEqual([host, 400, 'url'])
      const { outcome } = await post(aPost(url))
      expect([host, outcome.kind]).toEqual([host, 'blocked'])
      // A token endpoint is called as a webhook is.
      const token = await makeWithTokenUrl(url)
      expect([host, token.status, token.body.errors?.[0]?.path]).toEqual([host, 400, 'auth.tokenUrl'])
      const asked = await post(aPost('https://example.com/', { auth: oauth2(url) }))
      expect([host, asked.outcome.kind]).toEqual([host, 'blocked'])
      refused.add(host)
    }
    tell({ kind: `SSRF: ${kind}`, tried: hosts.length * 2, refused: refused.size * 2 })
    expect(refused.size).toBe(hosts.length)
    expect(receiver.requests).toEqual([])
  })
})

describe('a name', () => {
  const addresses = Object.values(HOSTS).flat().flatMap((host) => {
    const { hostname } = new URL(`http://${host}/`)
    const address = hostname.replace(/^\[|\]$/g, '')
    return /^[\d.]+$|:/.test(address) ? [address] : []
  })

  it('is refused whatever it resolves to that is not public, alone or beside a public address, and the address is not told', async () => {
    const unique = [...new Set(addresses)]
    for (const address of unique) {
      expect([address, checkAddress(address, rules).ok]).toEqual([address, false])
      const bad = { address, family: address.includes(':') ? 6 : 4 }
      for (const answer of [[bad], [{ address: '8.8.8.8', family: 4 }, bad]]) {
        const { outcome } = await postThrough({ lookup: async () => answer })(aPost(`http://hooks.example:${receiver.port}/`))
        expect(outcome.kind).toBe('blocked')
        expect(JSON.stringify(outcome)).not.toContain(address)
      }
    }
    tell({ kind: 'SSRF: names that resolve to what is not public', tried: unique.length * 2, refused: unique.length * 2 })
  })

  const good: ResolvedAddress = { address: '127.0.0.1', family: 4 }
  const bad: ResolvedAddress = { address: '127.0.0.2', family: 4 }
  const mapped: ResolvedAddress = { address: '::ffff:127.0.0.2', family: 6 }

  /** Only `good` counts as public here: what listens at `bad` must hear nothing. */
  it.each<[string, ResolvedAddress[][]]>([
    ['from the second attempt on', [[good], [bad]]],
    ['to one mapped into IPv6', [[good], [mapped]]],
    ['to both', [[good], [good, bad]]],
    ['to both, the good one last', [[good], [bad, good]]],
    ['back and forth', [[good], [bad], [good], [bad]]],
    ['to nothing and then on', [[good], [], [bad]]],
  ])('that changes its address %s is judged anew at each connection', async (_, answers) => {
    let asked = 0
    const lookup = async (): Promise<ResolvedAddress[]> => answers[asked++] ?? []
    const post = postThrough({ lookup, allowTargets: ['127.0.0.1/32'] })
    receiver.answer = { status: 200, headers: { connection: 'close' } }
    const outcomes: string[] = []
    for (const answer of answers) {
      const { outcome } = await post(aPost(`http://hooks.example:${receiver.port}/`))
      outcomes.push(outcome.kind)
      const expected = answer.length === 0 ? 'failed' : answer.some(({ address }) => address !== good.address) ? 'blocked' : 'delivered'
      expect(outcome.kind).toBe(expected)
    }
    expect(asked).toBe(answers.length)
    expect(forbidden.connections).toBe(0)
    const turned = outcomes.filter((kind) => kind !== 'delivered').length
    tell({ kind: 'SSRF: names that change their address', tried: turned, refused: turned })
  })
})

it('a connection that has come to another address than was judged carries nothing', async () => {
  // Whatever it is that goes wrong between the judgement and the connection: here the resolver's answer, read a second time.
  const reads: string[] = []
  const lookup = async (): Promise<ResolvedAddress[]> => [
    {
      family: 4,
      get address() {
        reads.push(reads.length === 0 ? '127.0.0.1' : '127.0.0.2')
        return reads.at(-1) ?? ''
      },
    },
  ]
  const before = forbidden.connections
  const { outcome } = await postThrough({ lookup, allowTargets: ['127.0.0.1/32'] })(aPost(`http://hooks.example:${receiver.port}/`))
  expect(outcome).toMatchObject({ kind: 'blocked', detail: expect.stringContaining('not public') })
  expect(reads.length).toBeGreaterThan(1)
  await until(() => forbidden.connections > before)
  expect(forbidden.bytes).toBe(0)
  forbidden.connections = before
  tell({ kind: 'SSRF: connections that came elsewhere', tried: 1, refused: 1 })
})

it('is refused when it is no URL of http or https, or says two things at once', async () => {
  const post = postThrough({ lookup: NO_LOOK_UP })
  for (const url of URLS) {
    expect([url, checkUrl(url, rules).ok]).toEqual([url, false])
    expect([url, (await makeWebhook(url)).status]).toEqual([url, 400])
    expect([url, (await post(aPost(url))).outcome.kind]).toEqual([url, 'blocked'])
    expect([url, (await makeWithTokenUrl(url)).status]).toEqual([url, 400])
    expect([url, (await post(aPost('https://example.com/', { auth: oauth2(url) }))).outcome.kind]).toEqual([url, 'blocked'])
  }
  tell({ kind: 'SSRF: URLs that are none, or ambiguous', tried: URLS.length * 2, refused: URLS.length * 2 })
})

it('is refused at the port of another protocol than HTTP, also at an address that is allowed', async () => {
  const post = postThrough({ lookup: NO_LOOK_UP, allowTargets: ['127.0.0.0/8'] })
  for (const port of PORTS) {
    expect([port, (await makeWebhook(`https://example.com:${port}/`)).status]).toEqual([port, 400])
    expect([port, (await post(aPost(`http://127.0.0.1:${port}/`))).outcome.kind]).toEqual([port, 'blocked'])
  }
  tell({ kind: 'SSRF: ports of other protocols', tried: PORTS.length, refused: PORTS.length })
})

describe('what an answer or the environment says of where to go', () => {
  it.each([300, 301, 302, 303, 305, 307, 308])('%i leads nowhere', async (status) => {
    receiver.answer = { status, headers: { location: `http://127.0.0.2:${receiver.port}/`, refresh: `0; url=http://127.0.0.2:${receiver.port}/` } }
    const { outcome } = await postThrough({ allowTargets: ['127.0.0.1/32'] })(aPost(receiver.url))
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'status', status })
    expect(forbidden.connections).toBe(0)
    tell({ kind: 'SSRF: redirects', tried: 1, refused: 1 })
  })

  it('proxy variables are not obeyed', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => process.env[name])
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : `http://127.0.0.2:${receiver.port}`
    try {
      receiver.answer = 200
      const { outcome } = await postThrough({ allowTargets: ['127.0.0.1/32'] })(aPost(receiver.url))
      expect(outcome.kind).toBe('delivered')
      expect(forbidden.connections).toBe(0)
    } finally {
      names.forEach((name, i) => (before[i] === undefined ? delete process.env[name] : (process.env[name] = before[i])))
    }
    tell({ kind: 'SSRF: proxy variables', tried: names.length, refused: names.length })
  })
})
