export { createEventCatalog, type EventCatalog } from '../store/event-catalog'
