import type { Model } from 'mongoose'
import type { Sealer } from '../domain/webhook'
import type { Models } from './models'
import { createOldData, type OldData } from './old-data'
import { contextOf, type Vaults } from './vaults'

/** What a page of resealing did. */
export interface Resealed {
  resealed: number
  /** Events and answers from before there were data keys, which stood in the clear. */
  dataSealed?: number
  /** Ids of what no key of the ring opens: left as it is. */
  lost: string[]
  /** Where the next page begins; none after the last one. */
  next?: string
}

export interface Reseal {
  /** Seals with the ring's first key what others have sealed. May be repeated from anywhere, by several at once. */
  page: (after: string | undefined, limit: number) => Promise<Resealed>
  /** How many values each key has sealed. */
  byKey: () => Promise<{ keyId: string; count: number }[]>
  keyId: string
}

interface Place {
  model: Model<unknown>
  name: string
  field: string
  context: (record: SealedRecord) => string
}
type SealedRecord = { _id: string; tenantId?: string } & Record<string, unknown>

/**
 * Everything that is sealed in MongoDB, with what each value is bound to. The sentinel is last: as long
 * as a key is needed for what is before it, a start without that key is refused.
 */
const placesOf = ({ webhooks, users, dataKeys, approvals, sentinels }: Models): Place[] =>
  [
    { model: webhooks, name: 'webhooks', field: 'sealed', context: ({ tenantId, _id }: SealedRecord) => `${String(tenantId)}/${_id}/secrets` },
    { model: users, name: 'users', field: 'sealedTotp', context: ({ _id }: SealedRecord) => `user/${_id}/totp` },
    { model: users, name: 'pending', field: 'pendingTotp', context: ({ _id }: SealedRecord) => `user/${_id}/totp` },
    { model: dataKeys, name: 'dataKeys', field: 'sealed', context: ({ tenantId, number }: SealedRecord) => contextOf(String(tenantId), Number(number)) },
    { model: approvals, name: 'approvals', field: 'sealed', context: ({ tenantId, _id }: SealedRecord) => `${String(tenantId)}/${_id}/approval` },
    { model: sentinels, name: 'sentinels', field: 'sealed', context: ({ _id }: SealedRecord) => _id },
  ].map((place) => place as unknown as Place)

/** `s1.<key id>.…` */
const SEALED = /^s1\.[0-9a-f]{8}\./

export function createReseal(models: Models, sealer: Sealer, vaults: Vaults): Reseal {
  const places = placesOf(models)
  const oldData = createOldData(models, vaults)
  const names = [...places, ...oldData].map(({ name }) => name)
  const current = new RegExp(`^s1\\.${sealer.keyId}\\.`)

  /** Compared with what was read, so that an edit of that moment wins; it is sealed with the current key already. */
  async function resealOne({ model, field, context }: Place, record: SealedRecord): Promise<'resealed' | 'lost'> {
    const sealed = String(record[field])
    let plain: string
    try {
      plain = sealer.open(sealed, context(record))
    } catch {
      return 'lost'
    }
    await model.updateOne({ _id: record._id, [field]: sealed }, { $set: { [field]: sealer.seal(plain, context(record)) } })
    return 'resealed'
  }

  async function pageOf(place: Place, after: string, limit: number): Promise<Resealed> {
    const { model, field } = place
    const old = { _id: { $gt: after }, [field]: { $regex: SEALED, $not: current } }
    const records = await model.find(old).sort({ _id: 1 }).limit(limit).lean<SealedRecord[]>()
    const lost: string[] = []
    for (const record of records) if ((await resealOne(place, record)) === 'lost') lost.push(record._id)
    const last = records.length === limit ? records.at(-1)?._id : undefined
    return { resealed: records.length - lost.length, lost, ...(last !== undefined && { next: `${place.name}/${last}` }) }
  }

  async function sealOld({ name, seal }: OldData, after: string): Promise<Resealed> {
    const { sealed, next } = await seal(after)
    return { resealed: 0, dataSealed: sealed, lost: [], ...(next !== undefined && { next: `${name}/${next}` }) }
  }

  return {
    keyId: sealer.keyId,
    page: async (from, limit) => {
      const [name = '', ...rest] = (from ?? '').split('/')
      const at = Math.max(0, names.indexOf(name))
      const place = places[at]
      const done = await (place ? pageOf(place, rest.join('/'), limit) : sealOld(oldData[at - places.length] as OldData, rest.join('/')))
      const following = names[at + 1]
      return done.next === undefined && following !== undefined ? { ...done, next: `${following}/` } : done
    },
    byKey: async () => {
      const counts = new Map<string, number>()
      for (const { model, field } of places) {
        const groups = await model.aggregate<{ _id: string; count: number }>([
          { $match: { [field]: { $regex: SEALED } } },
          { $group: { _id: { $substrCP: [`$${field}`, 3, 8] }, count: { $sum: 1 } } },
        ])
        for (const { _id, count } of groups) counts.set(_id, (counts.get(_id) ?? 0) + count)
      }
      return [...counts].map(([keyId, count]) => ({ keyId, count })).toSorted((a, b) => b.count - a.count)
    },
  }
}
