import type { Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

/** What a raw TCP server does with a connection once a request has arrived on it, or at once. */
export interface Hostility {
  name: string
  answer: (socket: Socket) => void
  atConnect?: true
  /** How the attempt may be reported: the kind of the outcome, or the reason of the failure. */
  reported: string[]
}

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`
const ZEROS = Buffer.alloc(50_000_000)

const says = (text: string | Buffer) => (socket: Socket): void => void socket.write(text)
const ends = (text: string | Buffer) => (socket: Socket): void => void socket.end(text)

/** `head`, then `piece` again and again, slowly or as fast as it is taken. */
const drips = (head: string, piece: string, everyMs = 20) => (socket: Socket): void => {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), everyMs)
  socket.on('close', () => clearInterval(timer))
}
const spells = (text: string, everyMs: number) => (socket: Socket): void => {
  const letters = text.split('')
  const timer = setInterval(() => socket.write(letters.shift() ?? ''), everyMs)
  socket.on('close', () => clearInterval(timer))
}
const floods = (head: string, piece: string) => (socket: Socket): void => {
  const block = Buffer.from(piece.repeat(Math.ceil(16_384 / piece.length)))
  const go = (): void => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', go)
  socket.write(head)
  go()
}
const resetsAfter = (text: string) => (socket: Socket): void => {
  if (text === '') socket.resetAndDestroy()
  else socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 20))
}
const packed = (encoding: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${OK}content-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`), body])

const one = (reported: string | string[], ...rest: [name: string, answer: Hostility['answer'], atConnect?: true][]): Hostility[] =>
  rest.map(([name, answer, atConnect]) => ({ name, answer, ...(atConnect && { atConnect }), reported: [reported].flat() }))

export const HOSTILE: Readonly<Record<string, Hostility[]>> = {
  'slow, silent or half open': [
    ...one(
      'timeout',
      ['never answers', () => undefined],
      ['stops reading', (socket) => void socket.pause(), true],
      ['drips its status line', spells('HTTP/1.1 200 OK\r\n\r\n', 200)],
      ['drips the text of its status', drips('HTTP/1.1 200 ', 'O')],
      ['drips the name of a header', drips(OK, 'x')],
      ['drips a value', drips(`${OK}x: `, 'y')],
      ['drips headers', drips(OK, 'x: y\r\n')],
      ['never ends its head', says(`${OK}content-type: text/plain\r\n`)],
      ['goes on announcing with 102', drips('', 'HTTP/1.1 102 Processing\r\n\r\n')],
      ['goes on announcing with 103', drips('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n')],
    ),
    ...one(['timeout', 'protocol'], ['drips empty lines', drips('', '\r\n')]),
    ...one(
      'delivered',
      ['drips a body without an end', drips(`${OK}\r\n`, '.')],
      ['drips chunks', drips(CHUNKED, '1\r\n.\r\n')],
      ['drips the length of a chunk', drips(CHUNKED, '0')],
      ['drips the extension of a chunk', drips(`${CHUNKED}1;`, 'x')],
      ['drips trailers', drips(`${CHUNKED}0\r\n`, 'x: y\r\n')],
      ['says less than it has promised', says(`${OK}content-length: 10000\r\n\r\nshort`)],
    ),
    ...one('reset', ['half-closes without a word', (socket) => void socket.end()], ['half-closes within its head', ends('HTTP/1.1 200 O')]),
  ],
  'resets': [
    ...one(
      'reset',
      ['at the connection', resetsAfter(''), true],
      ['at the request', resetsAfter('')],
      ['within the status line', resetsAfter('HTTP/1.1 2')],
      ['within the head', resetsAfter(`${OK}x: `)],
      ['after an announcement', resetsAfter('HTTP/1.1 102 Processing\r\n\r\n')],
    ),
    ...one('delivered', ['within the body', resetsAfter(`${OK}content-length: 100\r\n\r\nabc`)], ['within a chunk', resetsAfter(`${CHUNKED}ff\r\nabc`)]),
  ],
  'endless': [
    ...one(
      'delivered',
      ['a body', floods(`${OK}\r\n`, 'x')],
      ['a body of a promised exabyte', floods(`${OK}content-length: 1000000000000000000\r\n\r\n`, 'x')],
      ['a chunk', floods(`${CHUNKED}fffffffff\r\n`, 'x')],
      ['chunks of one byte', floods(CHUNKED, '1\r\nx\r\n')],
      ['an extension of a chunk', floods(`${CHUNKED}1;`, 'x')],
      ['trailers', floods(`${CHUNKED}0\r\n`, 'a: b\r\n')],
      ['zeros', floods(`${OK}\r\n`, '\0')],
    ),
    ...one(
      'protocol',
      ['headers', floods(OK, 'a: b\r\n')],
      ['empty headers', floods(OK, 'a:\r\n')],
      ['the name of a header', floods(OK, 'x')],
      ['a value', floods(`${OK}x: `, 'y')],
      ['the text of a status', floods('HTTP/1.1 200 ', 'O')],
      ['announcements', floods('', 'HTTP/1.1 102 Processing\r\n\r\n')],
      ['early hints', floods('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')],
    ),
    ...one(['protocol', 'timeout'], ['empty lines', floods('', '\r\n')]),
    ...one(['delivered', 'protocol', 'reset'], ['answers that nobody asked for', floods('', `${OK}content-length: 0\r\n\r\n`)]),
  ],
  'gigantic': [
    ...one(
      'protocol',
      ['text of a status', ends(`HTTP/1.1 200 ${'O'.repeat(1_000_000)}\r\n\r\n`)],
      ['name of a header', ends(`${OK}${'x'.repeat(100_000)}: y\r\n\r\n`)],
      ['value', ends(`${OK}x: ${'y'.repeat(100_000)}\r\n\r\n`)],
      ['number of headers', ends(`${OK}${'a: b\r\n'.repeat(50_000)}\r\n`)],
      ['number of cookies', ends(`${OK}${'set-cookie: a=b\r\n'.repeat(10_000)}\r\n`)],
    ),
    ...one('delivered', ['text of a status just within bounds', ends(`HTTP/1.1 200 ${'O'.repeat(10_000)}\r\ncontent-length: 0\r\n\r\n`)]),
    ...one(['delivered', 'protocol'], ['number of headers just within bounds', ends(`${OK}${Array.from({ length: 1_000 }, (_, n) => `a${n}: b\r\n`).join('')}content-length: 0\r\n\r\n`)]),
  ],
  'no HTTP': [
    ...one(
      'protocol',
      ['SSH', ends('SSH-2.0-OpenSSH_9.2\r\n')],
      ['SMTP', ends('220 mail.example ESMTP\r\n')],
      ['a TLS alert', ends(Buffer.from([0x15, 3, 3, 0, 2, 2, 40]))],
      ['HTTP/2 settings', ends(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))],
      ['noise', ends(Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 256)))],
      ['HTTP/0.9', ends('<html>hello</html>')],
      ['HTTP/9.9', ends('HTTP/9.9 200 OK\r\n\r\n')],
      ['a word for a status', ends('HTTP/1.1 abc OK\r\n\r\n')],
      ['the status -1', ends('HTTP/1.1 -1 OK\r\n\r\n')],
      ['the status 2000', ends('HTTP/1.1 2000 OK\r\n\r\n')],
      ['a header without a colon', ends(`${OK}nonsense\r\n\r\n`)],
      ['a space before the colon', ends(`${OK}x : y\r\n\r\n`)],
      ['a zero byte in a header', ends(`${OK}x: a\0b\r\n\r\n`)],
      ['two lengths', ends(`${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`)],
      ['a length beside chunks', ends(`${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)],
      ['a negative length', ends(`${OK}content-length: -5\r\n\r\nhello`)],
      ['a length in words', ends(`${OK}content-length: five\r\n\r\nhello`)],
      ['a length past all numbers', ends(`${OK}content-length: 99999999999999999999999\r\n\r\nhello`)],
      ['an upgrade', ends('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')],
      ['a 100 nobody waits for', ends('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')],
    ),
    ...one('protocol', ['the status 000', ends('HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n')], ['the status 99', ends('HTTP/1.1 099 OK\r\ncontent-length: 0\r\n\r\n')]),
    ...one(['delivered', 'protocol'], ['a line that is folded', ends(`${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`)], ['bare line feeds', ends('HTTP/1.1 200 OK\ncontent-length: 0\n\n')]),
    ...one('delivered', ['a chunk that is no number', ends(`${CHUNKED}zz\r\nabc\r\n`)], ['a chunk past all numbers', ends(`${CHUNKED}fffffffffffffffffff\r\nabc`)]),
    ...one('delivered', ['a body where there is none', ends('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello')]),
  ],
  'compressed bombs': one(
    'delivered',
    ['gzip', ends(packed('gzip', gzipSync(ZEROS)))],
    ['deflate', ends(packed('deflate', deflateSync(ZEROS)))],
    ['brotli', ends(packed('br', brotliCompressSync(ZEROS)))],
    ['gzip in gzip in gzip', ends(packed('gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(ZEROS)))))],
    ['an encoding that is none', ends(packed('bomb', Buffer.alloc(100_000, 1)))],
  ),
}
