import { createHmac, randomBytes } from 'node:crypto'
import type { Actor, AuditEntry, AuditLine, Verdict } from '../domain/audit'
import type { Sealer } from '../domain/webhook'
import { isDuplicate } from './errors'
import type { Models } from './models'
import type { AuditOpenRecord, AuditRecord, SentinelRecord } from './records'
import { page, type Index, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface AuditFilter {
  action?: string
  actorId?: string
  target?: string
  /** The IP address that it came from. */
  address?: string
  from?: Date
  to?: Date
}

/** A book of lines for each tenant, to which this adds and nothing else. */
export interface AuditStore {
  append: (entry: AuditEntry) => Promise<AuditLine>
  /** Writes that something is about to be done; the key is for the line that says how it ended. */
  begin: (entry: Omit<AuditEntry, 'status' | 'begun' | 'changes'>) => Promise<string>
  /** Newest first. What was begun is there until its end is. */
  list: (tenantId: string, filter: AuditFilter, request: PageRequest) => Promise<Page<AuditLine>>
  /** Every line, oldest first, those after that number. */
  after: (tenantId: string, filter: AuditFilter, number: number, limit: number) => Promise<AuditLine[]>
  verify: (tenantId: string) => Promise<Verdict>
  /** The tenants that have a book. */
  tenants: () => Promise<string[]>
}

const KEY_ID = 'audit-key'
/** Sorts as text in the order of the numbers. */
const keyOf = (tenantId: string, number: number): string => `${tenantId}/${String(number).padStart(12, '0')}`
const BEFORE_THE_FIRST = { number: 0, hash: '' }
const BY_TIME = { tenantId: 1, at: 1 } as const
/** Of one entry, against other processes that write in the same book. */
const MOST_TRIES = 200
/** Lines stand in the order of their times, but for clocks that differ and writes that were tried again: by less than this. */
const DISORDER_MS = 10 * 60_000
/** Changes without an end: those under way, and those of processes that were killed. */
const MOST_OPEN = 1_000

export function createAuditStore({ auditLines, auditHeads, auditOpen, sentinels }: Models, sealer: Sealer): AuditStore {
  const tails = new Map<string, Promise<unknown>>()
  let key: Promise<Buffer> | undefined

  /** Whoever can write to MongoDB, and no more, cannot make a line that fits. */
  const keyOfLines = (): Promise<Buffer> => (key ??= findKey().catch((error: unknown) => ((key = undefined), Promise.reject(error as Error))))

  async function findKey(): Promise<Buffer> {
    const made = { _id: KEY_ID, sealed: sealer.seal(randomBytes(32).toString('base64'), KEY_ID) }
    const record = await sentinels
      .findOneAndUpdate({ _id: KEY_ID }, { $setOnInsert: made }, { upsert: true, returnDocument: 'after' })
      .lean<SentinelRecord>()
      .orFail()
    return Buffer.from(sealer.open(record.sealed, KEY_ID), 'base64')
  }

  async function hashOf(line: Omit<AuditLine, 'hash'>, before: string): Promise<string> {
    const { tenantId, number, at, actor, action, target, fields, status, from, begun, changes } = line
    // As long as it was when lines had no more than this: the books of before stay whole.
    const parts: unknown[] = [before, tenantId, number, at.toISOString(), actor.kind, actor.id, action, target, fields, status ?? null, from]
    if (begun !== undefined || changes) parts.push([begun ?? null, (changes ?? []).map((each) => [each.field, each.before ?? null, each.after ?? null, each.hidden ?? false])])
    const text = JSON.stringify(parts)
    return createHmac('sha256', await keyOfLines()).update(text).digest('hex')
  }

  async function last(tenantId: string): Promise<{ number: number; hash: string }> {
    const record = await auditLines.findOne(scoped(tenantId, {})).sort({ _id: -1 }).lean<AuditRecord>()
    return record ?? BEFORE_THE_FIRST
  }

  /** The number is taken by the insert itself: of several processes one gets it, the others look again. */
  async function add(entry: AuditEntry): Promise<AuditLine> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { number: before, hash: hashBefore } = await last(entry.tenantId)
      const line = { ...entry, number: before + 1 }
      const hash = await hashOf(line, hashBefore)
      try {
        await auditLines.create({ _id: keyOf(entry.tenantId, line.number), ...line, hash })
        await auditHeads.updateOne({ _id: entry.tenantId }, { $max: { number: line.number } }, { upsert: true })
        return { ...line, hash }
      } catch (error) {
        if (!isDuplicate(error)) throw error
      }
    }
    throw new Error(`The audit log of ${entry.tenantId} is written to by too many at once`)
  }

  /** One after the other in this process, so that it does not race itself. */
  function append(entry: AuditEntry): Promise<AuditLine> {
    const mine = (tails.get(entry.tenantId) ?? Promise.resolve()).catch(() => undefined).then(() => add(entry))
    tails.set(entry.tenantId, mine)
    return mine.finally(() => tails.get(entry.tenantId) === mine && tails.delete(entry.tenantId))
  }

  const endsOf = async (keys: string[]): Promise<Set<string>> =>
    new Set((await auditLines.find({ begun: { $in: keys } }, { begun: 1 }).lean<Pick<AuditRecord, 'begun'>[]>()).map(({ begun }) => String(begun)))

  /** The mark is beside the book, where nothing is ever changed; one that a crash has left goes here. */
  async function openKeys(tenantId: string): Promise<string[]> {
    const marked = (await auditOpen.find(scoped(tenantId, {})).sort({ _id: -1 }).limit(MOST_OPEN).lean<AuditOpenRecord[]>()).map(({ _id }) => _id)
    if (marked.length === 0) return []
    const ended = await endsOf(marked)
    if (ended.size > 0) await auditOpen.deleteMany({ _id: { $in: [...ended] } })
    return marked.filter((key) => !ended.has(key))
  }

  /** The key of the line that is nearest to a window, and surely outside. */
  async function edge(tenantId: string, at: object, order: 1 | -1): Promise<string | undefined> {
    return (await auditLines.findOne(scoped(tenantId, { at }), { _id: 1 }, { hint: BY_TIME }).sort({ at: order }).lean<Pick<AuditRecord, '_id'>>())?._id
  }

  /** Between which keys a window's lines are, so that only these are looked at. */
  async function keysOf(tenantId: string, { from, to }: AuditFilter): Promise<object> {
    const [before, after] = await Promise.all([
      from && edge(tenantId, { $lt: new Date(from.getTime() - DISORDER_MS) }, -1),
      to && edge(tenantId, { $gte: new Date(to.getTime() + DISORDER_MS) }, 1),
    ])
    return { ...(before !== undefined && { $gt: before }), ...(after !== undefined && { $lt: after }) }
  }

  async function select(tenantId: string, filter: AuditFilter): Promise<object> {
    const { action, actorId, target, address, from, to } = filter
    const keys = await keysOf(tenantId, filter)
    return scoped(tenantId, {
      ...(Object.keys(keys).length > 0 && { _id: keys }),
      ...(action !== undefined && { action }),
      ...(actorId !== undefined && { 'actor.id': actorId }),
      ...(target !== undefined && { target }),
      ...(address !== undefined && { from: address }),
      ...((from ?? to) && { at: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
    })
  }

  return {
    append: async (entry) => {
      const line = await append(entry)
      if (entry.begun !== undefined) await auditOpen.deleteOne({ _id: entry.begun })
      return line
    },
    begin: async (entry) => {
      const key = keyOf(entry.tenantId, (await append(entry)).number)
      await auditOpen.create({ _id: key, tenantId: entry.tenantId })
      return key
    },
    list: async (tenantId, filter, request) => {
      const shown = { $or: [{ status: { $exists: true } }, { _id: { $in: await openKeys(tenantId) } }] }
      return page(auditLines, { $and: [await select(tenantId, filter), shown] }, request, toLine, indexOf(filter))
    },
    after: async (tenantId, filter, number, limit) => {
      const records = await auditLines
        .find({ $and: [await select(tenantId, filter), { _id: { $gt: keyOf(tenantId, number) } }] }, null, { hint: indexOf(filter) })
        .sort({ _id: 1 })
        .limit(limit)
        .lean<AuditRecord[]>()
      return records.map(toLine)
    },
    verify: async (tenantId) => {
      let before: { number: number; hash: string } = BEFORE_THE_FIRST
      const open = new Map<string, number>()
      // Before the lines: one that is added meanwhile is not missed.
      const head = await auditHeads.findById(tenantId).lean<{ number: number }>()
      for await (const record of auditLines.find(scoped(tenantId, {})).sort({ _id: 1 }).lean<AuditRecord>().cursor()) {
        const line = toLine(record)
        if (line.number !== before.number + 1) return { kind: 'broken', line: before.number + 1, why: 'it is missing' }
        if ((await hashOf(line, before.hash)) !== line.hash) return { kind: 'broken', line: line.number, why: 'it was changed, or the one before it was' }
        before = line
        if (line.status === undefined) open.set(record._id, line.number)
        if (line.begun !== undefined) open.delete(line.begun)
      }
      if ((head?.number ?? 0) > before.number) return { kind: 'broken', line: before.number + 1, why: 'it is missing, at the end' }
      // What belongs to no tenant when it is begun, such as a sign-in, may end in a tenant's book.
      const newest = [...open.keys()].slice(-MOST_OPEN)
      const elsewhere = await endsOf(newest)
      return { kind: 'whole', lines: before.number, lastHash: before.hash, open: newest.filter((each) => !elsewhere.has(each)).map((each) => open.get(each) ?? 0) }
    },
    tenants: async () => (await auditHeads.find().sort({ _id: 1 }).lean<{ _id: string }[]>()).map(({ _id }) => _id),
  }
}

/** By what leaves the fewest, as a rule. */
function indexOf({ target, actorId, address, action }: AuditFilter): Index {
  const narrowest = Object.entries({ target, 'actor.id': actorId, from: address, action }).find(([, value]) => value !== undefined)
  return { tenantId: 1, ...(narrowest && { [narrowest[0]]: 1 }), _id: -1 }
}

function toLine({ _id, ...line }: AuditRecord): AuditLine {
  return { ...line, actor: line.actor satisfies Actor }
}
