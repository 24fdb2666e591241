import { checkAddress, checkUrl, createTargetRules } from '../../src/delivery/address'

const strict = createTargetRules({ allowTargets: [], deniedPorts: [] })
const allowing = (...allowTargets: string[]) => createTargetRules({ allowTargets, deniedPorts: [] })

describe('judging a URL', () => {
  it.each([
    'https://example.com/hooks',
    'http://example.com:8080/hooks?tenant=1',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://bücher.example/',
  ])('accepts %s', (url) => {
    expect(checkUrl(url, strict)).toEqual({ ok: true })
  })

  it('accepts a name with an umlaut also when it has judged thousands of URLs before', () => {
    const verdicts = Array.from({ length: 20_000 }, () => checkUrl('https://bücher.example/', strict).ok)
    expect(verdicts.filter((ok) => !ok)).toHaveLength(0)
  })

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://%31%32%37.0.0.1/',
    'http://0.0.0.0/',
    'http://0/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://api.localhost/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[4000::1]/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://168.63.129.16/',
  ])('refuses %s, which is not public', (url) => {
    expect(checkUrl(url, strict)).toMatchObject({ ok: false, reason: expect.stringMatching(/not public|metadata/) })
  })

  it.each([
    ['ftp://example.com/', 'https:// or http://'],
    ['file:///etc/passwd', 'https:// or http://'],
    ['example.com/hooks', 'Not a URL'],
    ['http://1.2.3.4.5/', 'Not a URL'],
    ['https://user:password@example.com/', 'give them as auth'],
    [`https://example.com/${'x'.repeat(2_048)}`, 'longer than 2048'],
  ])('refuses %s and says why', (url, reason) => {
    expect(checkUrl(url, strict)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  it('refuses the ports of its own servers, given or implied, also where the address is allowed', () => {
    const rules = createTargetRules({ allowTargets: ['127.0.0.0/8'], deniedPorts: [7233, 443] })
    expect(checkUrl('http://127.0.0.1:3000/', rules)).toEqual({ ok: true })
    expect(checkUrl('http://127.0.0.1:7233/', rules)).toMatchObject({ ok: false, reason: expect.stringContaining('7233') })
    expect(checkUrl('https://example.com/', rules)).toMatchObject({ ok: false })
  })
})

it('refuses http where https is asked for', () => {
  const rules = createTargetRules({ allowTargets: [], deniedPorts: [], requireHttps: true })
  expect(checkUrl('https://example.com/', rules)).toEqual({ ok: true })
  expect(checkUrl('http://example.com/', rules)).toMatchObject({ ok: false, reason: expect.stringContaining('https') })
})

it('refuses the port that a server of its own has taken since', () => {
  const deniedPorts = [7233]
  const rules = createTargetRules({ allowTargets: ['127.0.0.0/8'], deniedPorts })
  expect(checkUrl('http://127.0.0.1:7234/', rules).ok).toBe(true)
  deniedPorts.splice(0, 1, 7234)
  expect(checkUrl('http://127.0.0.1:7234/', rules).ok).toBe(false)
})

describe('targets that an operator allows', () => {
  it('are called, in any spelling, and nothing beside them', () => {
    const rules = allowing('10.1.0.0/16', '192.168.7.7', 'fd12::/32')
    expect(checkUrl('http://10.1.2.3/', rules).ok).toBe(true)
    expect(checkUrl('http://[::ffff:10.1.2.3]/', rules).ok).toBe(true)
    expect(checkUrl('http://192.168.7.7/', rules).ok).toBe(true)
    expect(checkUrl('http://[fd12::9]/', rules).ok).toBe(true)
    expect(checkUrl('http://10.2.0.1/', rules).ok).toBe(false)
    expect(checkUrl('http://192.168.7.8/', rules).ok).toBe(false)
    expect(checkUrl('http://localhost/', rules).ok).toBe(false)
  })

  it('do not open cloud metadata services, unless their very address is listed', () => {
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '100.100.100.200']) {
      expect(checkAddress(address, allowing('0.0.0.0/0', '::/0')).ok).toBe(false)
    }
    expect(checkAddress('169.254.169.254', allowing('169.254.169.254/32')).ok).toBe(true)
    expect(checkAddress('fd00:ec2::254', allowing('fd00:ec2::254')).ok).toBe(true)
  })

  it('are judged by the IPv4 address that a NAT64 address stands for', () => {
    const rules = allowing('64:ff9b::/96')
    expect(checkAddress('64:ff9b::808:808', rules).ok).toBe(true)
    expect(checkAddress('64:ff9b::a9fe:a9fe', rules).ok).toBe(false)
    expect(checkAddress('64:ff9b::a00:1', rules).ok).toBe(false)
  })

  it.each(['64:ff9b:1::a00:1', '2002:a00:1::', '2001:0:7f00:1::f5ff:fffe', '::10.0.0.1', '::ffff:0:10.0.0.1', '2606:4700::5efe:10.0.0.1'])(
    'are judged by the IPv4 address inside %s, however wide the list is',
    (address) => {
      expect(checkAddress(address, allowing('::/0'))).toMatchObject({ ok: false, reason: expect.stringContaining('private') })
      expect(checkAddress(address, allowing('::/0', '10.0.0.0/8'))).toEqual({ ok: true })
    },
  )

  it('may be the loopback address of IPv6', () => {
    expect(checkAddress('::1', allowing('::1/128'))).toEqual({ ok: true })
  })

  it('must be CIDRs', () => {
    expect(() => allowing('example.com')).toThrow("'example.com' is not a CIDR")
    expect(() => allowing('10.0.0.0/33')).toThrow('is not a CIDR')
  })
})
