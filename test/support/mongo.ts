import { connectStore, type StoreConnection } from '../../src/store/connect'
import { newDatabase } from './databases'

/** The MongoDB that runs for all test files. */
export function testMongoUri(): string {
  const uri = process.env['HERALD_TEST_MONGODB_URI']
  if (uri === undefined) throw new Error('The test servers do not run: start the tests with npm test')
  return uri
}

/** A store with a database of its own. */
export const connectTestStore = (): Promise<StoreConnection> =>
  connectStore(testMongoUri(), newDatabase())
