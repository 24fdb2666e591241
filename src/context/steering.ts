import { createHealth } from '../../activities/health'
import { createWanted } from '../../activities/wanted'
import type { HeraldEvent } from '../domain/event'
import type { OpenWebhook } from '../domain/webhook'
import { createNotices } from '../notices/notices'
import { createPostman } from '../notices/postman'
import { createSendMail } from '../notices/smtp'
import { createErasures } from '../steering/erasures'
import { createForgetting } from '../steering/forgetting'
import { createMessenger } from '../steering/messenger'
import { createQueueRuns } from '../steering/queue-runs'
import { createQueueWaker } from '../steering/queue-waker'
import { createReconciler } from '../steering/reconciler'
import { createReleasing } from '../steering/releasing'
import { createReplays } from '../steering/replays'
import { createRetime } from '../steering/retiming'
import { createSteering } from '../steering/steering'
import { createOverdueStore } from '../store/overdue'
import type { WorkflowStarts } from '../temporal/start'
import type { Ground } from './ground'
import type { Publishing } from './publishing'
import type { Stores } from './stores'

/** What people, and what fails, may do to deliveries, and who is told. */
export type Steering = ReturnType<typeof createSteeringRoom>

export function createSteeringRoom({ config, models, starts, messages, metrics, logger, stopping }: Ground, stores: Stores, { publisher }: Pick<Publishing, 'publisher'>) {
  const { erasures, erasing, legalHolds, deliveries, queue, releases, replayRecords, steered, health, tenants, webhooks, digests, events } = stores
  const { mail } = config
  const messenger = createMessenger({ deliveries, messages, starts, metrics })
  const notices = createNotices({ publisher, webhooks, digests: mail && digests, logger })
  const wants = (webhook: OpenWebhook): ((event: HeraldEvent) => boolean) => {
    const wanted = createWanted([webhook], logger)
    return (event) => wanted(event).length > 0
  }
  const queueRuns = createQueueRuns(stopping.signal)
  const wakeQueue = createQueueWaker(starts, queueRuns, logger)
  // What people change is heeded by a run of this process at once, and by one elsewhere at its next look.
  const drains: Pick<WorkflowStarts, 'drain'> = {
    drain: (input) => {
      queueRuns.wake(input.webhookId, true)
      return starts.drain(input)
    },
  }
  /** Of a webhook that was suspended, or goes on: a run that knows it otherwise looks at it again. */
  function wakeChanged(tenantId: string, webhookId: string): void {
    queueRuns.wake(webhookId, true)
    wakeQueue(tenantId, webhookId)
  }
  const retime = createRetime({ steered, webhooks, deliveries, messenger, starts: drains })
  const replays = createReplays({ replays: replayRecords, webhooks, tenants, wants })
  const releasing = createReleasing({ releases, replays, starts, logger })
  return {
    messenger,
    notices,
    /** None where no mail is sent. */
    postman: mail && createPostman({ ...mail, digests, tenants, webhooks, send: createSendMail(mail), metrics, logger }),
    replays,
    eraser: createErasures({ erasures, erasing, legalHolds, tenants, starts, logger }),
    forgetting: createForgetting({ erasures, events }),
    releasing,
    wakeQueue,
    queueRuns,
    observe: createHealth({ health, webhooks, deliveries, notices, wakeQueue: wakeChanged, times: config.suspension, logger }).observe,
    steering: createSteering({ deliveries, steered, retime, webhooks, starts: drains, messenger, releasing, notices, health, logger }),
    reconciler: createReconciler({
      overdue: createOverdueStore(models),
      queue,
      webhooks,
      deliveries,
      messages,
      messenger,
      releases,
      erasures,
      releasing,
      health,
      starts,
      queueRuns,
      retime,
      logger,
      patienceMs: config.reconcile.patienceMs,
    }),
  }
}
