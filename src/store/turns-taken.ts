import { insertOnce } from './insert-once'
import type { Models } from './models'

/** When a webhook with a rate limit has had its newest turn: so that whoever goes on keeps its pace. */
export interface TurnsTaken {
  /** In ms since 1970; 0 where it has had none lately. */
  newest: (webhookId: string) => Promise<number>
  /** Moves it from what it was known to be; false where somebody else has moved it. Whole ms. */
  note: (webhookId: string, at: number, known: number) => Promise<boolean>
}

export function createTurnsTaken({ hot: { turnsTaken } }: Models): TurnsTaken {
  return {
    newest: async (webhookId) => (await turnsTaken.findOne({ _id: webhookId }))?.at.getTime() ?? 0,
    // Another time than the known one stands under the id: the upsert is refused.
    note: (webhookId, at, known) =>
      insertOnce(() => turnsTaken.updateOne({ _id: webhookId, at: new Date(known) }, { $set: { at: new Date(at) } }, { upsert: true })),
  }
}
