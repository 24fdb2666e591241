import type { Sealer } from '../domain/webhook'
import { isDuplicate } from './errors'
import type { Models, SentinelRecord } from './models'

const ID = 'encryption-key'

/**
 * Why the key is not the one that this MongoDB's secrets are sealed with; undefined when it is. The
 * first key that is ever asked about becomes that one: of several first starts at once, one decides.
 */
export async function wrongKey({ sentinels }: Models, sealer: Sealer): Promise<string | undefined> {
  const find = () => sentinels.findById(ID).lean<SentinelRecord>()

  async function make(): Promise<SentinelRecord | null> {
    const sentinel = { _id: ID, sealed: sealer.seal(ID, ID) }
    try {
      await sentinels.create(sentinel)
      return sentinel
    } catch (error) {
      if (isDuplicate(error)) return find()
      throw error
    }
  }

  const sentinel = (await find()) ?? (await make())
  try {
    sealer.open(sentinel?.sealed ?? '', ID)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
