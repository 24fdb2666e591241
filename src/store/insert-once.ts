import { isDuplicate } from './errors'

/** False when the id, or another unique field, is taken; nothing was written then. */
export async function insertOnce(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert()
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
