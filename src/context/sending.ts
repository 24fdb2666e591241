import { rootCertificates } from 'node:tls'
import { createLanes } from '../../activities/lanes'
import { createRetryAfters } from '../../activities/retry-after'
import { checkUrl, createTargetRules } from '../delivery/address'
import { createDispatcher } from '../delivery/connector'
import { createPostEvent } from '../delivery/post'
import { WEBHOOK_CAP } from '../domain/lanes'
import { createFleet } from '../steering/fleet'
import { createMemberStore } from '../store/members'
import type { Ground } from './ground'
import type { Stores } from './stores'

/** One POST, and who may make it now. */
export type Sending = ReturnType<typeof createSending>

export function createSending({ config, models, logger }: Ground, { webhooks }: Pick<Stores, 'webhooks'>) {
  const { allowTargets, deniedPorts, requireHttps = false, webhookCa, webhookCrl, egressProxy } = config
  const urlRules = { allowTargets, deniedPorts, requireHttps }
  const trusted = {
    ...(webhookCa !== undefined && { ca: [...rootCertificates, webhookCa] }),
    ...(webhookCrl !== undefined && { crl: webhookCrl }),
    ...(egressProxy !== undefined && { proxy: egressProxy }),
  }
  const fleet = createFleet({ members: createMemberStore(models), processId: config.processId, logger })
  return {
    fleet,
    lanes: createLanes(() => fleet.share(WEBHOOK_CAP)),
    retryAfters: createRetryAfters({ webhooks, logger }),
    post: createPostEvent({ dispatcher: createDispatcher({ ...urlRules, ...trusted }), userAgent: `Herald/${config.version}` }),
    checkUrl: (url: string) => checkUrl(url, createTargetRules(urlRules)),
  }
}
