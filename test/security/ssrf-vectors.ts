/** Hosts of URLs that lead, as some parser or resolver reads them, to where a stranger must not reach. */
export const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'loopback, spelled': [
    '127.0.0.1', '127.0.0.2', '127.255.255.254', '127.1', '127.0.1', '0x7f.1', '0x7f000001', '0x7F.0x0.0x0.0x1', '2130706433',
    '017700000001', '0177.0.0.1', '0177.0.0.01', '00000177.0.0.1', '127.0.0.1.', '127.0.0.0x1', '%31%32%37.0.0.1', '127.0.0%2e1',
    '１２７.０.０.１', '①②⑦.⓪.⓪.①', '127。0。0。1', '127．0．0．1', '127｡0｡0｡1', '0', '0.0.0.0', '0x0', '00', '0.1',
    'localhost', 'LOCALHOST', 'localhost.', 'api.localhost', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'loc\u00adalhost',
  ],
  'IPv6, special': [
    '[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::]', '[fe80::1]', '[febf::1]', '[fc00::1]', '[fd00::1]', '[fdff::1]', '[fec0::1]',
    '[ff02::1]', '[2001:db8::1]', '[3fff::1]', '[100::1]', '[4000::1]', '[5f00::1]', '[2001:2::1]', '[2001:10::1]', '[2001:20::1]',
  ],
  'IPv4 inside IPv6': [
    '[::127.0.0.1]', '[::7f00:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:10.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a00:1]', '[64:ff9b:1::127.0.0.1]', '[64:ff9b:1:fffe::10.0.0.1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::]', '[2002:c0a8:101::1]',
    '[2001:0:7f00:1::]', '[2001:0:808:808:0:0:80ff:fffe]', '[fe80::5efe:127.0.0.1]', '[2606:4700::5efe:127.0.0.1]', '[2606:4700::200:5efe:10.0.0.1]',
    '[2606:4700::5efe:a9fe:a9fe]',
  ],
  'cloud and platform': [
    '169.254.169.254', '169.254.170.2', '169.254.170.23', '168.63.129.16', '100.100.100.200', '192.0.0.192', '169.254.42.42',
    '[fd00:ec2::254]', '[fd00:ec2::23]', '[fd20:ce::254]', '[fd00:42::42]', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '2852039166',
    '0xA9FEA9FE', '0251.0376.0251.0376', '169.254.43518', '[64:ff9b::a9fe:a9fe]',
  ],
  'private and reserved IPv4': [
    '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.65535', '100.64.0.1', '100.127.255.255',
    '169.254.0.1', '192.0.0.1', '192.0.0.8', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '198.19.255.255', '192.88.99.1',
    '192.31.196.1', '192.52.193.1', '192.175.48.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.254', '255.255.255.255',
  ],
}

/** Whole URLs that are no call over HTTP to the host that they seem to name. */
export const URLS: readonly string[] = [
  'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com:70/_x', 'dict://example.com:11211/', 'ws://example.com/', 'data:text/plain,x',
  'javascript:alert(1)', 'unix:/var/run/docker.sock', 'http+unix://%2Fvar%2Frun%2Fdocker.sock/', 'blob:http://example.com/x', 'about:blank',
  'https://user:password@example.com/', 'http://example.com@127.0.0.1/', 'http://127.0.0.1@example.com/', 'http://127.0.0.1:80\\@example.com/',
  'http://example.com:80@127.0.0.1/', 'http://example.com%2f@127.0.0.1/', 'http:\\\\127.0.0.1/', 'http:127.0.0.1', 'http:/127.0.0.1', 'https:///127.0.0.1/',
  'http://[::ffff:127.0.0.1', 'http://[fe80::1%25lo]/', 'http://1.2.3.4.5/', 'http://256.1.1.1/', 'http://0x100000000/', 'http://exa mple.com/',
  'http://', '//127.0.0.1/', 'example.com', '', '\thttp://127.0.0.1/', 'http://127.0.0.1\u0000.example.com/', 'ht\ntp://127.0.0.1/', 'http://ex%00ample.com/',
  'http://example.com:99999/', 'http://example.com:-1/', 'http://127.0.0.1:80#@example.com/', 'http://127.0.0.1?@example.com/',
]

/** Of services that are no HTTP and take orders from whoever writes to them. */
export const PORTS: readonly number[] = [
  1, 7, 9, 19, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 514, 587, 636, 993, 995, 1433, 1521, 2049, 2375, 2379, 3306, 3389, 5432,
  5672, 5900, 6000, 6379, 6667, 9042, 9092, 10250, 11211, 27017,
]
