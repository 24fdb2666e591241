import { createRetention } from '../steering/retention'
import { createTallying } from '../steering/tallying'
import { createBacklogStore } from '../store/backlogs'
import { createRetentionLooks } from '../store/retention-looks'
import { createRetentionMarks } from '../store/retention-marks'
import { createTallyStore } from '../store/tallies'
import { createTallySources } from '../store/tally-sources'
import { createTakeTurn } from '../store/turns'
import type { Ground } from './ground'
import type { Stores } from './stores'

/** What becomes of records with time: they are counted, and leave. */
export type Keeping = ReturnType<typeof createKeeping>

export function createKeeping({ config, models, metrics, logger, stopping: { signal: stopping } }: Ground, { tenants, legalHolds }: Stores) {
  const takeTurn = createTakeTurn(models)
  return {
    retention: createRetention({
      tenants,
      legalHolds,
      looks: createRetentionLooks(models),
      marks: createRetentionMarks(models),
      metrics,
      logger,
      stopping,
      times: config.retention,
    }),
    tallying: createTallying({
      tallies: createTallyStore(models),
      sources: createTallySources(models),
      backlogs: createBacklogStore(models),
      takeTurn: (forMs) => takeTurn('tallies', forMs),
      times: config.tallying,
      stopping,
    }),
  }
}
