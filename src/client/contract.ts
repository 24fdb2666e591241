import type { deliverEvent } from '../../workflows/deliver'

/** Version 1 of the contract with services: see docs/publishing-from-temporal.md. */
export const DELIVER_EVENT = 'deliverEvent'

/** The types of the failures that end a workflow because of what it was started with. */
export const INVALID_EVENT = 'InvalidEvent'
export const EVENT_CONFLICT = 'EventConflict'

export type DeliverEventWorkflow = typeof deliverEvent
export type { DeliverEventInput, DeliverResult } from '../../workflows/deliver'
export type { InlineEvent } from '../../activities/types'
export type { FieldError } from '../domain/validation'
