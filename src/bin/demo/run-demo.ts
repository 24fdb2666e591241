import type { Env } from '../../env'
import { readAdminKey } from './admin-key'
import { createHeraldApi, mustBeReady } from './herald-api'
import { startReceiver } from './receiver'
import type { Screen } from './screen'
import { everythingArrives, parked, receiverBreaks, retriedByHand, webhookIsMade, type Stage } from './story'
import { createDemoWebhooks } from './webhooks'

export interface DemoOptions {
  env: Pick<Env, 'HERALD_URL' | 'PORT' | 'HERALD_ADMIN_KEY' | 'HERALD_DATA_DIR'>
  screen: Screen
  /** Waits of 0.1, 0.2, 0.4 and 0.8 s instead of the promised 2, 4, 8 and 16. */
  isFast: boolean
  /** Ends the demo early; it cleans up all the same. */
  signal: AbortSignal
}

/** A tenant of its own, so that made-up events never reach anybody's real webhooks. */
const TENANT = 'demo'

/** The product in a minute, against a running Herald. @throws {DemoError} for what a person can mend. */
export async function runDemo({ env, screen, isFast, signal }: DemoOptions): Promise<void> {
  const url = (env.HERALD_URL ?? `http://127.0.0.1:${env.PORT}`).replace(/\/+$/, '')
  await mustBeReady(url)
  const { key, inShell } = await readAdminKey(env)
  const api = createHeraldApi({ url, key, tenantId: TENANT })
  await api('POST', '/v1/tenants', { id: TENANT, name: 'The demo' }, [409])
  const webhooks = createDemoWebhooks(api, isFast ? { initialInterval: '100ms' } : undefined)
  await webhooks.removeAll()
  const receiver = await startReceiver(signal)
  const curl = (method: string, path: string, body?: unknown): void => screen.command(curlLine(url, method, path, body))

  try {
    screen.title(`Herald at ${url}, tenant "${TENANT}"`)
    screen.line('Each step below is one call; the lines with $ are for doing it by hand. Before the first one:')
    screen.command(`KEY=${inShell}`)
    const stage: Stage = { api, webhooks, receiver, screen, curl, signal }
    await webhookIsMade(stage)
    await everythingArrives(stage)
    const broken = await receiverBreaks(stage)
    const delivery = await parked(stage, broken)
    await retriedByHand(stage, broken, delivery)
    screen.title('That is Herald: nothing that was accepted is lost.')
    screen.line(`The API, to try out: ${url}/docs`)
    screen.line('Your first own webhook: README.md')
  } finally {
    const removed = await webhooks.removeAll()
    await receiver.close()
    screen.line(`Cleaned up: the receiver and the demo's ${removed} webhooks are gone.`)
  }
}

function curlLine(url: string, method: string, path: string, body: unknown): string {
  const parts = ['curl', '-H "Authorization: Bearer $KEY"', `-H 'Herald-Tenant: ${TENANT}'`]
  if (body !== undefined) parts.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`)
  else if (method !== 'GET') parts.push(`-X ${method}`)
  return [...parts, path.includes('?') ? `'${url}${path}'` : url + path].join(' ')
}
