import type { Model } from 'mongoose'

export interface PageRequest {
  /** The `nextCursor` of the page before. */
  cursor?: string
  limit: number
}

export interface Page<T> {
  data: T[]
  /** None on the last page. */
  nextCursor?: string
}

/**
 * Which index a list goes along. By itself MongoDB tries several and remembers what was best for other values,
 * such as the ids of all tenants: that costs the more, the more others have.
 */
export type Index = string | Record<string, 1 | -1>

/** Ids that sort by time are the cursor: a page costs the same wherever it is. Newest first. */
export async function page<Doc extends { _id: unknown }, T>(
  model: Model<Doc>,
  filter: object,
  { cursor, limit }: PageRequest,
  map: (record: Doc) => T,
  hint?: Index,
): Promise<Page<T>> {
  const after = cursor === undefined ? {} : { _id: { $lt: decodeCursor(cursor) } }
  const records = (await model
    .find<Doc>({ $and: [filter, after] }, null, hint === undefined ? {} : { hint })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .lean()) as Doc[]
  return cut(records, limit, map, ({ _id }) => String(_id))
}

/** For records whose ids do not sort by time: the cursor is the time and the id. Newest first. */
export async function pageByTime<Doc extends { _id: string; createdAt: Date }, T>(
  model: Model<Doc>,
  filter: object,
  { cursor, limit }: PageRequest,
  map: (record: Doc) => T,
  { projection, hint }: { projection?: Record<string, 0>; hint?: Index } = {},
): Promise<Page<T>> {
  const records = (await model
    .find<Doc>({ $and: [filter, cursor === undefined ? {} : olderThan(cursor)] }, projection, hint === undefined ? {} : { hint })
    .sort({ createdAt: -1, _id: -1 })
    .limit(limit + 1)
    .lean()) as Doc[]
  return cut(records, limit, map, ({ createdAt, _id }) => `${createdAt.toISOString()} ${_id}`)
}

/** Whether the text is a cursor of a list by time. */
export const isTimeCursor = (cursor: string): boolean => !Number.isNaN(readTimeCursor(cursor).createdAt.getTime())

function readTimeCursor(cursor: string): { createdAt: Date; id: string } {
  const [time = '', id = ''] = decodeCursor(cursor).split(' ')
  return { createdAt: new Date(time), id }
}

function olderThan(cursor: string): object {
  const { createdAt, id } = readTimeCursor(cursor)
  // The first condition bounds the index scan; the second leaves out what was shown already.
  return { createdAt: { $lte: createdAt }, $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }] }
}

function cut<Doc, T>(records: Doc[], limit: number, map: (record: Doc) => T, key: (record: Doc) => string): Page<T> {
  const shown = records.slice(0, limit)
  const last = records.length > limit ? shown.at(-1) : undefined
  return { data: shown.map(map), ...(last && { nextCursor: encodeCursor(key(last)) }) }
}

const encodeCursor = (key: string): string => Buffer.from(key).toString('base64url')
const decodeCursor = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()
