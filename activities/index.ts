import { createCare } from './care'
import type { ActivityDeps } from './deps'
import { createDispatch } from './dispatch'
import { createErase } from './erase'
import { createJournal } from './journal'
import { createPostEvents } from './post-events'
import { createRelease } from './release'
import { createSteer } from './steer'
import type { Activities } from './types'
import { createWorkQueue } from './work-queue'

/** Everything that workflows call, made of what it needs. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    journal: createJournal(deps),
    dispatch: createDispatch(deps),
    postEvents: createPostEvents(deps),
    ...createCare(deps),
    steer: createSteer(deps),
    workQueue: createWorkQueue(deps),
    releasePage: createRelease(deps),
    erasePage: createErase(deps),
  }
}
