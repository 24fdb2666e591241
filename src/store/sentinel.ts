import type { Sealer } from '../domain/webhook'
import { isDuplicate } from './errors'
import type { Models } from './models'
import type { SentinelRecord } from './records'
import { contextOf } from './vaults'

const ID = 'encryption-key'

/**
 * Why the key is not the one that this MongoDB's secrets are sealed with; undefined when it is. The
 * first key that is ever asked about becomes that one: of several first starts at once, one decides.
 */
export async function wrongKey({ sentinels, hot: { dataKeys } }: Models, sealer: Sealer): Promise<string | undefined> {
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

  /** Made by a process with another key while keys were being changed: without it, that tenant's data would not open. */
  async function openData(): Promise<void> {
    const known = new RegExp(`^s1\\.(${sealer.keyIds.join('|')})\\.`)
    const other = await dataKeys.findOne({ sealed: { $not: known } })
    if (other) sealer.open(other.sealed, contextOf(other.tenantId, other.number))
  }

  const sentinel = (await find()) ?? (await make())
  try {
    sealer.open(sentinel?.sealed ?? '', ID)
    await openData()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
