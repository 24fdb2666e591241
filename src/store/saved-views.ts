import { newId } from '../domain/ids'
import type { Models } from './models'
import { scoped } from './scope'

/** Filters of the list of deliveries under a name, as somebody keeps them for a tenant. */
export interface SavedView {
  id: string
  name: string
  /** As the portal's address has them. */
  search: Record<string, string>
}

export interface SavedViewRecord extends Omit<SavedView, 'id'> {
  _id: string
  tenantId: string
  userId: string
}

export interface SavedViewStore {
  /** By name. */
  list: (tenantId: string, userId: string) => Promise<SavedView[]>
  /** In place of the one of that name; none, and nothing written, where there are `most` others. */
  save: (tenantId: string, userId: string, view: Omit<SavedView, 'id'>, most: number) => Promise<SavedView | undefined>
  /** False when it is not theirs, or gone. */
  remove: (tenantId: string, userId: string, id: string) => Promise<boolean>
  /** All that somebody keeps, in every tenant. */
  removeOfUser: (userId: string) => Promise<void>
}

const toView = ({ _id, name, search }: SavedViewRecord): SavedView => ({ id: _id, name, search })

export function createSavedViewStore({ savedViews }: Models): SavedViewStore {
  return {
    list: async (tenantId, userId) => (await savedViews.find(scoped(tenantId, { userId })).sort({ name: 1 }).lean<SavedViewRecord[]>()).map(toView),
    save: async (tenantId, userId, { name, search }, most) => {
      const others = await savedViews.countDocuments(scoped(tenantId, { userId, name: { $ne: name } }), { limit: most })
      if (others >= most) return undefined
      const change = { $set: { search }, $setOnInsert: { _id: newId('view') } }
      const record = await savedViews.findOneAndUpdate(scoped(tenantId, { userId, name }), change, { upsert: true, returnDocument: 'after' }).lean<SavedViewRecord>()
      return record ? toView(record) : undefined
    },
    remove: async (tenantId, userId, id) => (await savedViews.deleteOne(scoped(tenantId, { _id: id, userId }))).deletedCount === 1,
    removeOfUser: async (userId) => void (await savedViews.deleteMany({ userId })),
  }
}
