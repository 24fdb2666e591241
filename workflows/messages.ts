import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { SteerResult } from '../activities/types'

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
/** A person has taken these out of their rounds: into their webhook's queue, or to their end. */
export const handedOn = defineSignal<[ReleasedRequest]>('handedOn')
/** To the workflow of a queue or of a release: something has come, look again. */
export const wake = defineSignal('wake')
export const cancel = defineSignal<[CancelRequest]>('cancel')

/** Names one delivery of the workflow. */
export interface SteerRequest {
  deliveryId: string
}

/** Attempts now what waits for its next attempt; gives a parked one another round. */
export const retryNow = defineUpdate<SteerResult, [SteerRequest]>('retryNow')
/** Gives a delivery up, wherever it stands. */
export const cancelDelivery = defineUpdate<SteerResult, [SteerRequest]>('cancelDelivery')

/** The ids of the deliveries that wait for a person. */
export const parkedDeliveries = defineQuery<string[]>('parkedDeliveries')
