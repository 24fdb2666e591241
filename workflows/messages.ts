import { defineQuery, defineSignal } from '@temporalio/workflow'

/** Asks for another round of parked deliveries; `round` is the one asked for, none means the next. */
export interface RetryRequest {
  deliveryIds: string[]
  round?: number
}

export interface CancelRequest {
  deliveryIds: string[]
}

export interface ReleasedRequest {
  deliveryIds: string[]
}

export const retry = defineSignal<[RetryRequest]>('retry')
/** A release has taken these over: they wait here no longer. */
export const released = defineSignal<[ReleasedRequest]>('released')
/** To the workflow of a queue or of a release: something has come, look again. */
export const wake = defineSignal('wake')
export const cancel = defineSignal<[CancelRequest]>('cancel')

/** The ids of the deliveries that wait for a person. */
export const parkedDeliveries = defineQuery<string[]>('parkedDeliveries')
