export {
  startDelivery,
  type EventToDeliver,
  type StartDeliveryOptions,
  type StartedDelivery,
} from './client/start-delivery'
export { heraldDataConverter, heraldPayloadCodec } from './client/payload-key'
export { InvalidEventError } from './client/check-event'
export { HeraldEventIds, HeraldEventTypes, HeraldTenant } from './temporal/search-attributes'
export { DELIVER_EVENT } from './client/contract'
export type { DeliverEventInput, DeliverEventWorkflow, DeliverResult, FieldError, InlineEvent } from './client/contract'
