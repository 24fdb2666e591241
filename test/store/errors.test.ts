import { mongo } from 'mongoose'
import { isStoreAway } from '../../src/store/errors'

/** As Node makes it when a server is killed between the end of its socket and the next write. */
const ended = (code: string): Error => Object.assign(new Error('This socket has been ended by the other party'), { code })

/** As the driver's bulk write throws it on. */
const inBulkWrite = (cause: Error): Error => new mongo.MongoBulkWriteError(cause, { getWriteErrors: () => [] } as never)

/** As the driver's bulk over collections throws it on. */
const inBulk = (given: object): Error => Object.assign(new mongo.MongoClientBulkWriteError({ message: 'a bulk write failed' }), given)
const stepsDown = new mongo.MongoServerError({ code: 10_107, message: 'not primary' })

it.each([
  ['a primary that stepped down in a bulk over collections', inBulk({ cause: stepsDown }), true],
  ['a primary that shut down before the majority had it', inBulk({ writeConcernErrors: [{ code: 91, message: 'shutdown' }] }), true],
  ['a record that stood, in a bulk over collections', inBulk({ writeErrors: new Map([[0, { code: 11_000 }]]) }), false],
  ['a socket that ended in the moment of a write', ended('EPIPE'), true],
  ['the same in a bulk write', inBulkWrite(ended('EPIPE')), true],
  ['a connection that was reset', ended('ECONNRESET'), true],
  ['an error of the network', new mongo.MongoNetworkError('gone'), true],
  ['a mistake of ours', new TypeError('no such thing'), false],
  ['an error with a code of something else', ended('ENOENT'), false],
  ['a command that MongoDB refuses', new mongo.MongoServerError({ code: 2, message: 'bad value' }), false],
])('%s: whether MongoDB is away', (_, error, away) => {
  expect(isStoreAway(error)).toBe(away)
})
