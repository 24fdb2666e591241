import { mongo } from 'mongoose'

const { MongoBulkWriteError, MongoClientBulkWriteError, MongoError, MongoServerError } = mongo

/** MongoDB does not answer: nothing was begun that depends on it, and the caller may try again. */
export class StoreAway extends Error {
  override name = 'StoreAway'
  /** Certain that nothing was written; else what was sent may have been taken. */
  readonly nothingWritten: boolean
  constructor(cause: unknown, { nothingWritten = false } = {}) {
    super('MongoDB does not answer; try again in a few seconds', { cause })
    this.nothingWritten = nothingWritten
  }
}

const DUPLICATE_KEY = 11_000
/** A server that stops, starts or hands over: the codes of the driver specification "Retryable Writes". */
const AWAY_CODES = new Set<unknown>([6, 7, 89, 91, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436])

/** A socket that ended in the moment of a write: the driver passes Node's own error on, bare or in a bulk write's. */
const ENDED_SOCKET = new Set<unknown>(['EPIPE', 'ECONNRESET'])

/** True for whatever is MongoDB's absence (network, election, time-out), and for no mistake of ours. */
export function isStoreAway(error: unknown): boolean {
  if (error instanceof StoreAway) return true
  if (error instanceof Error && 'code' in error && ENDED_SOCKET.has(error.code)) return true
  if (!(error instanceof MongoError)) return false
  if (error instanceof MongoClientBulkWriteError) {
    return isStoreAway(error.cause) || error.writeConcernErrors.some(({ code }) => AWAY_CODES.has(code))
  }
  // A bulk write's error is a server's error by its class, and wraps the network's when that was the cause.
  const wrapped: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : undefined
  if (wrapped instanceof MongoError) return isStoreAway(wrapped)
  if (error instanceof MongoBulkWriteError && error.code === DUPLICATE_KEY) return false
  if (error.hasErrorLabel('RetryableWriteError')) return true
  return !(error instanceof MongoServerError) || AWAY_CODES.has(error.code)
}

/** The indexes of an unordered insertMany, or of one record, that were there already; any other error is thrown on. */
export function duplicateIndexes(error: unknown): Set<number> {
  if (!(error instanceof MongoBulkWriteError) && isDuplicate(error)) return new Set([0])
  if (!(error instanceof MongoBulkWriteError)) throw error
  const errors = [error.writeErrors].flat()
  const others = errors.some((writeError) => writeError.code !== DUPLICATE_KEY)
  if (others || errors.length === 0) throw error
  return new Set(errors.map((writeError) => writeError.index))
}

/** True when a unique index refused the record. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === DUPLICATE_KEY

/** True when nothing but a unique index refused one of the writes of a bulk over collections. */
export function isDuplicateAmong(error: unknown): boolean {
  if (!(error instanceof MongoClientBulkWriteError) || error.cause !== undefined) return false
  const codes = [...error.writeErrors.values()].map(({ code }) => code)
  return codes.length > 0 && codes.every((code) => code === DUPLICATE_KEY)
}
