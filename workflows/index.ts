export { adoptDeliveries, deliverEvent, deliverEvents } from './deliver'
export { resumeWebhook } from './resume'
