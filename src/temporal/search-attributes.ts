import { defineSearchAttributeKey } from '@temporalio/common'

/** What operators find workflows by. Temporal's limit is 2,048 bytes a value. */
export const HeraldTenant = defineSearchAttributeKey('HeraldTenant', 'KEYWORD')
export const HeraldEventIds = defineSearchAttributeKey('HeraldEventIds', 'KEYWORD_LIST')
export const HeraldEventTypes = defineSearchAttributeKey('HeraldEventTypes', 'KEYWORD_LIST')
/** Only webhooks with undelivered deliveries. */
export const HeraldWebhookIds = defineSearchAttributeKey('HeraldWebhookIds', 'KEYWORD_LIST')
/** How many deliveries wait for a person. */
export const HeraldParked = defineSearchAttributeKey('HeraldParked', 'INT')

/** As the Temporal CLI and the operator service register them. */
export const SEARCH_ATTRIBUTES = {
  HeraldTenant: 'Keyword',
  HeraldEventIds: 'KeywordList',
  HeraldEventTypes: 'KeywordList',
  HeraldWebhookIds: 'KeywordList',
  HeraldParked: 'Int',
} as const

const VALUE_BYTES = 2_000

/** As many of the values as fit into one search attribute. */
export function fitting(values: string[]): string[] {
  let bytes = 2
  return values.filter((value) => (bytes += value.length + 3) <= VALUE_BYTES)
}
