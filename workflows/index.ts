export { adoptDeliveries, deliverEvent, deliverEvents } from './deliver'
export { drainWebhook } from './drain'
export { releaseDeliveries } from './release'
