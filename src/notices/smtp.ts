import { createTransport } from 'nodemailer'
import { within } from '../domain/within'

export interface MailToSend {
  to: string[]
  subject: string
  text: string
  /** The same again for the same mail, so that readers may know it. */
  messageId: string
}

/** Resolves once the server has taken the mail for at least one of the addresses; answers those that it refused. */
export type SendMail = (mail: MailToSend) => Promise<{ refused: string[] }>

export interface SmtpSettings {
  /** smtps://user:password@host:465, or smtp://host:587. */
  smtpUrl: string
  from: string
}

/** However slowly a server goes on: less than a process has for its end. */
const MOST_MS = 45_000
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 5_000 }

/** The server takes mails, and does not take this one. */
export const isRefusal = (error: unknown): boolean =>
  ['EENVELOPE', 'EMESSAGE'].includes(String((error as { code?: unknown }).code))

/** A password goes over TLS alone: without `smtps`, the server must offer STARTTLS then (RFC 3207). */
export function createSendMail({ smtpUrl: url, from }: SmtpSettings): SendMail {
  const transport = createTransport({
    url,
    ...TIMEOUTS,
    ...(/^smtp:.*@/.test(url) && { requireTLS: true }),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async (mail) => {
    // RFC 3834: no machine shall answer.
    const sending = transport.sendMail({ ...mail, from, headers: { 'Auto-Submitted': 'auto-generated' } })
    if (!(await within(sending, MOST_MS))) throw new Error(`the mail server has not taken a mail within ${MOST_MS / 1_000} s`)
    return { refused: (await sending).rejected }
  }
}
