import { createSealer } from '../../src/delivery/seal'
import { createLogger } from '../../src/logger'
import { createEventStore, type EventStore } from '../../src/store/events'
import type { Models } from '../../src/store/models'
import { createVaults, type Vaults } from '../../src/store/vaults'

/** The data keys of a database, as one process of Herald has them. */
export const testVaults = (models: Models, key: Buffer = Buffer.alloc(32, 7), isOn = true): Vaults => createVaults(models, createSealer(key), () => isOn, createLogger('silent'))

/** The journal of a database of its own. */
export const testEvents = (models: Models, key?: Buffer): EventStore => createEventStore(models, testVaults(models, key), createLogger('silent'))
