import type { NativeConnection } from '@temporalio/worker'
import { temporal } from '@temporalio/proto'
import { SEARCH_ATTRIBUTES } from './search-attributes'

const TYPES = {
  Keyword: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KeywordList: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  Int: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_INT,
} as const

/** Temporal does not know Herald's search attributes, and Herald may not add them. */
export class SearchAttributesError extends Error {
  override name = 'SearchAttributesError'
}

/** Makes sure that the namespace knows what workflows are found by. @throws {SearchAttributesError} */
export async function ensureSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { operatorService } = connection
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in customAttributes))
  if (missing.length === 0) return
  const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, TYPES[type]]))
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes })
  } catch (error) {
    const flags = missing.map(([name, type]) => `--name ${name} --type ${type}`).join(' ')
    throw new SearchAttributesError(
      `Temporal's namespace ${namespace} lacks search attributes and refused them (${(error as Error).message}); an administrator can add them: temporal operator search-attribute create --namespace ${namespace} ${flags}`,
      { cause: error },
    )
  }
}
