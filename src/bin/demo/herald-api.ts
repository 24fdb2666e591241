import { DemoError } from './demo-error'

export interface DeliveryShown {
  id: string
  webhookId: string
  status: string
  round: number
  attemptCount: number
  parkedReason?: string
  expiresAt?: string
  lastOutcome?: { detail?: string; status?: number }
  workflowId: string
  workflowUrl?: string
  attempts?: { number: number; outcome: string; response?: { status: number } }[]
}

/** Calls the API and answers the body. @throws {DemoError} with the API's own words, but for `also` */
export type HeraldApi = <Body>(method: string, path: string, body?: unknown, also?: number[]) => Promise<Body>

export interface HeraldApiOptions {
  url: string
  key: string
  tenantId: string
}

const PATIENCE_MS = 10_000

export function createHeraldApi({ url, key, tenantId }: HeraldApiOptions): HeraldApi {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return async <Body>(method: string, path: string, body?: unknown, also: number[] = []) => {
    // The tenant itself is made for the tenant of the key.
    const tenant: Record<string, string> = path === '/v1/tenants' ? {} : { 'herald-tenant': tenantId }
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...tenant },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((error: unknown) => {
      throw unreachable(url, error)
    })
    const text = await response.text()
    if (response.ok || also.includes(response.status)) return (text === '' ? undefined : JSON.parse(text)) as Body
    throw new DemoError(`${method} ${path} answered ${response.status}: ${detailOf(text)}${hint(response.status)}`)
  }
}

/** Is it Herald that answers there, and does it reach its stores? */
export async function mustBeReady(url: string): Promise<void> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch((error: unknown) => {
    throw unreachable(url, error)
  })
  const ready = (await response.json().catch(() => undefined)) as { mongodb?: boolean; temporal?: boolean } | undefined
  if (ready?.mongodb === undefined) {
    throw new DemoError(`What answers at ${url} is not Herald: set HERALD_URL, or PORT, to where Herald runs.`)
  }
  if (ready.mongodb && ready.temporal) return
  const away = [!ready.mongodb && 'MongoDB', !ready.temporal && 'Temporal'].filter(Boolean).join(' and ')
  throw new DemoError(`Herald at ${url} does not reach ${away}: see what it says in its own terminal.`)
}

function unreachable(url: string, error: unknown): DemoError {
  const { cause, message } = error as Error
  const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? message
  return new DemoError(
    `Herald does not answer at ${url} (${reason}): start it with \`npm start\` in another terminal, or set HERALD_URL to where it runs.`,
  )
}

function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: string }
    return detail ?? text
  } catch {
    return text
  }
}

function hint(status: number): string {
  if (status === 401 || status === 403) return ' The demo needs the admin key of this very Herald (HERALD_ADMIN_KEY).'
  if (status === 400) return ' The demo listens on 127.0.0.1, which a Herald started with `npm start` may call; others need it in HERALD_ALLOW_TARGETS.'
  return ''
}
