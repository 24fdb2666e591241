import pLimit from 'p-limit'
import type { OpenWebhook } from '../src/domain/webhook'
import { within } from '../src/domain/within'
import type { ActivityDeps } from './deps'
import { MOST_AT_ONCE, type Chain, type Lines } from './lines'
import { postAll, type PostBounds, type Posted, type PostTask } from './post-all'

const RECORD_WAIT_MS = 10_000

/**
 * Makes the claimed POSTs of some lines, these side by side and each in its order: the next one is begun
 * once it is on record that the one before was delivered. What comes after a failure is not begun.
 */
export async function postInOrder(deps: ActivityDeps, webhook: OpenWebhook, lines: Lines, chains: Chain[], tasks: PostTask[], bounds: PostBounds): Promise<Posted> {
  const slot = pLimit(bounds.atOnce)
  let gone = false
  const postOne = (task: PostTask): Promise<Posted> =>
    slot(() => postAll(deps, webhook, [task], { ...bounds, atOnce: 1, beginBefore: gone ? 0 : bounds.beginBefore }))
  const run = async (chain: Chain): Promise<Posted> => {
    const { ready, cutOff } = claimedOf(chain, tasks)
    const posted = await postChain(postOne, ready, () => (gone = true))
    return { ...posted, notBegun: [...posted.notBegun, ...cutOff.map(({ claim }) => claim)] }
  }
  const all = together(await Promise.all(chains.map(run)))
  const hasFailed = all.begun.some(({ exchange }) => exchange.outcome.kind !== 'delivered')
  // Behind what fails, claims would be made in vain.
  lines.atOnce = hasFailed ? 1 : Math.min(MOST_AT_ONCE, lines.atOnce * 2)
  return all
}

/** Behind one that somebody else has taken nothing is begun. */
function claimedOf(chain: Chain, tasks: PostTask[]): { ready: PostTask[]; cutOff: PostTask[] } {
  const claimed = chain.map(({ id }) => tasks.find(({ claim }) => claim.deliveryId === id))
  const end = claimed.findIndex((task) => task === undefined)
  const isTask = (task: PostTask | undefined): task is PostTask => task !== undefined
  return end < 0 ? { ready: claimed.filter(isTask), cutOff: [] } : { ready: claimed.slice(0, end).filter(isTask), cutOff: claimed.slice(end).filter(isTask) }
}

async function postChain(postOne: (task: PostTask) => Promise<Posted>, chain: PostTask[], onGone: () => void): Promise<Posted> {
  const all: Posted[] = []
  for (const task of chain) {
    const posted = await postOne(task)
    all.push(posted)
    if (posted.begun[0]?.exchange.outcome.kind === 'gone') onGone()
    if (!(await isThrough(posted))) break
  }
  const posted = together(all)
  return { ...posted, notBegun: [...posted.notBegun, ...chain.slice(all.length).map(({ claim }) => claim)] }
}

/** It has expired, or it is on record as delivered. */
async function isThrough({ begun: [outcome], tooLate, recorded }: Posted): Promise<boolean> {
  if (tooLate.length > 0) return true
  return outcome?.exchange.outcome.kind === 'delivered' && within(recorded, RECORD_WAIT_MS)
}

const together = (all: Posted[]): Posted => ({
  begun: all.flatMap(({ begun }) => begun),
  notBegun: all.flatMap(({ notBegun }) => notBegun),
  tooLate: all.flatMap(({ tooLate }) => tooLate),
  recorded: Promise.all(all.map(({ recorded }) => recorded)),
})
