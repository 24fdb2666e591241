export { adoptDeliveries, deliverEvent, deliverEvents } from './deliver'
export { drainWebhook } from './drain'
