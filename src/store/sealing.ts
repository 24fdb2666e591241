import { insertOnce } from './insert-once'
import { seenLately } from './members'
import type { Models } from './models'

/** From when on event data and answers are sealed. */
export interface Sealing {
  isOn: () => boolean
  /** It begins once every process that makes POSTs can open what is sealed, and never ends. */
  look: () => Promise<void>
}

const BEGUN = 'data-is-sealed'

export function createSealing({ sentinels, hot: { members } }: Models): Sealing {
  let on = false

  const hasBegun = async (): Promise<boolean> => (await sentinels.exists({ _id: BEGUN })) !== null

  return {
    isOn: () => on,
    look: async () => {
      if (on) return
      if (!(await hasBegun())) {
        const older = await members.countDocuments({ ...seenLately, opensData: { $exists: false } }, { limit: 1 })
        if (older > 0) return
        await insertOnce(() => sentinels.create({ _id: BEGUN, sealed: '' }))
      }
      on = true
    },
  }
}
