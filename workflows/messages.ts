import { defineQuery, defineSignal } from '@temporalio/workflow'

/** Asks for another round of parked deliveries; `round` is the one asked for, none means the next. */
export interface RetryRequest {
  deliveryIds: string[]
  round?: number
}

export interface CancelRequest {
  deliveryIds: string[]
}

export const retry = defineSignal<[RetryRequest]>('retry')
/** Something waits for the webhook whose queue this workflow works off. */
export const wake = defineSignal('wake')
export const cancel = defineSignal<[CancelRequest]>('cancel')

/** The ids of the deliveries that wait for a person. */
export const parkedDeliveries = defineQuery<string[]>('parkedDeliveries')
