import { createHmac, randomBytes } from 'node:crypto'
import type { Actor, AuditEntry, AuditLine, Verdict } from '../domain/audit'
import type { Sealer } from '../domain/webhook'
import { isDuplicate } from './errors'
import type { AuditRecord, Models, SentinelRecord } from './models'
import { page, type Page, type PageRequest } from './page'
import { scoped } from './scope'

export interface AuditFilter {
  action?: string
  actorId?: string
  target?: string
  from?: Date
  to?: Date
}

/** A book of lines for each tenant, to which this adds and nothing else. */
export interface AuditStore {
  append: (entry: AuditEntry) => Promise<AuditLine>
  /** Newest first. */
  list: (tenantId: string, filter: AuditFilter, request: PageRequest) => Promise<Page<AuditLine>>
  /** Oldest first, those after that number. */
  after: (tenantId: string, filter: AuditFilter, number: number, limit: number) => Promise<AuditLine[]>
  verify: (tenantId: string) => Promise<Verdict>
  /** The tenants that have a book. */
  tenants: () => Promise<string[]>
}

const KEY_ID = 'audit-key'
/** Sorts as text in the order of the numbers. */
const keyOf = (tenantId: string, number: number): string => `${tenantId}/${String(number).padStart(12, '0')}`
const BEFORE_THE_FIRST = { number: 0, hash: '' }
/** Of one entry, against other processes that write in the same book. */
const MOST_TRIES = 200

export function createAuditStore({ auditLines, auditHeads, sentinels }: Models, sealer: Sealer): AuditStore {
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
    const { tenantId, number, at, actor, action, target, fields, status, from } = line
    const text = JSON.stringify([before, tenantId, number, at.toISOString(), actor.kind, actor.id, action, target, fields, status, from])
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

  const select = (tenantId: string, { action, actorId, target, from, to }: AuditFilter): object =>
    scoped(tenantId, {
      ...(action !== undefined && { action }),
      ...(actorId !== undefined && { 'actor.id': actorId }),
      ...(target !== undefined && { target }),
      ...((from ?? to) && { at: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
    })

  return {
    append: (entry) => {
      // One after the other in this process, so that it does not race itself.
      const mine = (tails.get(entry.tenantId) ?? Promise.resolve()).catch(() => undefined).then(() => add(entry))
      tails.set(entry.tenantId, mine)
      return mine.finally(() => tails.get(entry.tenantId) === mine && tails.delete(entry.tenantId))
    },
    list: (tenantId, filter, request) => page(auditLines, select(tenantId, filter), request, toLine),
    after: async (tenantId, filter, number, limit) => {
      const records = await auditLines
        .find({ $and: [select(tenantId, filter), { _id: { $gt: keyOf(tenantId, number) } }] })
        .sort({ _id: 1 })
        .limit(limit)
        .lean<AuditRecord[]>()
      return records.map(toLine)
    },
    verify: async (tenantId) => {
      let before: { number: number; hash: string } = BEFORE_THE_FIRST
      for await (const record of auditLines.find(scoped(tenantId, {})).sort({ _id: 1 }).lean<AuditRecord>().cursor()) {
        const line = toLine(record)
        if (line.number !== before.number + 1) return { kind: 'broken', line: before.number + 1, why: 'it is missing' }
        if ((await hashOf(line, before.hash)) !== line.hash) return { kind: 'broken', line: line.number, why: 'it was changed, or the one before it was' }
        before = line
      }
      const head = await auditHeads.findById(tenantId).lean<{ number: number }>()
      if ((head?.number ?? 0) > before.number) return { kind: 'broken', line: before.number + 1, why: 'it is missing, at the end' }
      return { kind: 'whole', lines: before.number, lastHash: before.hash }
    },
    tenants: async () => (await auditHeads.find().sort({ _id: 1 }).lean<{ _id: string }[]>()).map(({ _id }) => _id),
  }
}

function toLine({ _id, ...line }: AuditRecord): AuditLine {
  return { ...line, actor: line.actor satisfies Actor }
}
