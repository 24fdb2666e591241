import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { callbackify } from 'node:util'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'
import { until } from './until'

export interface ReceivedMail {
  to: string[]
  /** Unfolded, by name in lower case. */
  headers: Map<string, string>
  body: string
  receivedAt: Date
}

export interface TestSmtp {
  port: number
  mails: ReceivedMail[]
  /** Resolves with all the mails to the address once there are so many. */
  waitFor: (address: string, wanted: number, timeoutMs?: number) => Promise<ReceivedMail[]>
  close: () => Promise<void>
}

/** A real SMTP server on loopback; without TLS and passwords unless told otherwise. */
export async function startSmtp({ port = 0, ...options }: SMTPServerOptions & { port?: number } = {}): Promise<TestSmtp> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    onData: callbackify(async (stream: SMTPServerDataStream, { envelope }: SMTPServerSession) => {
      mails.push(read(await text(stream), envelope.rcptTo.map(({ address }) => address)))
    }),
  })
  server.on('error', () => undefined)
  const { server: listening } = server
  server.listen(port, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  if (address === null || typeof address === 'string') throw new Error('The mail server does not listen')
  const to = (address: string): ReceivedMail[] => mails.filter((mail) => mail.to.includes(address))
  return {
    port: address.port,
    mails,
    waitFor: async (address, wanted, timeoutMs = 20_000) => {
      await until(() => to(address).length >= wanted, { timeoutMs })
      return to(address)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}

function read(raw: string, to: string[]): ReceivedMail {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw.slice(0, end).replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const body = decode(raw.slice(end + 4), headers.get('content-transfer-encoding') ?? '7bit')
  return { to, headers, body: body.replaceAll('\r\n', '\n'), receivedAt: new Date() }
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const bytes = body.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
