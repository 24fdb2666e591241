import { createHash } from 'node:crypto'
import { createBank } from '../support/bank'
import { ADMIN_KEY, createApi, type Api } from '../support/herald'
import { startReceiver, type Answer, type Receiver } from '../support/receiver'
import { newEncryptionKey, startHeraldProcess, type HeraldProcess, type HeraldSettings } from './herald-process'
import { startLoad, type Load } from './load'
import { brokenPromises, waitUntilOver, type Target } from './verify'

/** A Herald of its own, two receivers with their webhooks, and a service that publishes. */
export interface Harness {
  herald: HeraldProcess
  api: Api
  load: Load
  /** Another process of the same Herald, which the service may turn to as well. */
  addProcess: () => Promise<HeraldProcess>
  /**
   * Ends the load, waits until every accepted event is delivered or parked, and compares what the
   * receivers saw with what was promised. Throws what was broken.
   */
  verify: (timeoutMs: number) => Promise<Summary>
  close: () => Promise<void>
}

export interface Summary {
  events: number
  posts: number
  repeatedPosts: number
  /** As Herald has counted them: more than POSTs where a process died before one. */
  attempts: number
  parked: number
}

export interface HarnessOptions extends Omit<HeraldSettings, 'encryptionKey'> {
  perSecond: number
  events?: number
}

const SHOWN = 10

export async function startHarness({ perSecond, events, ...given }: HarnessOptions): Promise<Harness> {
  const settings = { ...given, encryptionKey: newEncryptionKey() }
  const herald = await startHeraldProcess(settings)
  const processes = [herald]
  const urls = [herald.url]
  const api = createApi(herald.url, ADMIN_KEY)
  const targets = [await subscribe(api, 200, 5), await subscribe(api, failsAThird, 3)]
  const load = startLoad({ urls, apiKey: await publishingKey(api), perSecond, prefix: given.name, ...(events && { events }) })

  return {
    herald,
    api,
    load,
    addProcess: async () => {
      const added = await startHeraldProcess(settings)
      processes.push(added)
      urls.push(added.url)
      return added
    },
    verify: async (timeoutMs) => {
      await load.stop()
      const summary: Summary = { events: load.publications.length, posts: 0, repeatedPosts: 0, attempts: 0, parked: 0 }
      for (const target of targets) {
        const deliveries = await waitUntilOver(api, target, load.publications, timeoutMs)
        const broken = await brokenPromises(api, target, load.publications, deliveries)
        if (broken.length > 0) throw new Error(`${broken.length} promises broken:\n${broken.slice(0, SHOWN).join('\n')}`)
        const { length } = target.receiver.requests
        summary.posts += length
        summary.repeatedPosts += length - new Set(target.receiver.requests.map(({ headers }) => headers['webhook-id'])).size
        summary.attempts += [...deliveries.values()].reduce((sum, { attemptCount }) => sum + attemptCount, 0)
        summary.parked += [...deliveries.values()].filter(({ status }) => status === 'parked').length
      }
      const bugs = processes.flatMap(({ log }) => log().split('\n').filter((line) => line.includes('"a request failed"')))
      if (bugs.length > 0) throw new Error(`Herald answered ${bugs.length} requests with 500:\n${bugs.slice(0, 3).join('\n')}`)
      const ends = processes.flatMap(({ unexpectedEnds }) => unexpectedEnds)
      if (ends.length > 0) throw new Error(`Herald ended although nobody killed it:\n${ends.join('\n')}`)
      return summary
    },
    close: async () => {
      load.abandon()
      await Promise.all(processes.map((running) => running.stop()))
      await Promise.all(targets.map(({ receiver }) => receiver.close()))
    },
  }
}

/** With quick retries for the one that fails, and the policy of the promise for the healthy one. */
async function subscribe(api: Api, answer: Answer, maximumAttempts: number): Promise<Target> {
  const receiver: Receiver = await startReceiver({ answer })
  const healthy = answer === 200
  const retry = healthy ? { maximumAttempts } : { maximumAttempts, initialInterval: '200ms', backoffCoefficient: 2 }
  const webhookId = await createBank(api).subscribe(receiver.url, { retry })
  return { webhookId, receiver, maximumAttempts, healthy }
}

/** Every tenth event always fails and is parked; of the others every third POST fails, one way or another. */
const failsAThird: Answer = ({ headers }) => {
  const id = String(headers['webhook-id'])
  if (id.endsWith('0')) return 500
  const [byte = 0] = createHash('sha256').update(`${id}/${String(headers['herald-attempt'])}`).digest()
  if (byte % 3 !== 0) return 200
  return byte % 2 === 0 ? { reset: true } : 503
}

async function publishingKey(api: Api): Promise<string> {
  const { body } = await api<{ key: string }>('POST', '/v1/api-keys', { name: 'core banking', scopes: ['publish'] })
  return body.key
}
