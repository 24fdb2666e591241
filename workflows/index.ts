export { adoptDeliveries, deliverEvent, deliverEvents } from './deliver'
export { drainWebhook } from './drain'
export { eraseEntity } from './erase'
export { releaseDeliveries } from './release'
