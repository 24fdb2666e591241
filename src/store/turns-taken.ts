import type { Models } from './models'

/** When a webhook with a rate limit has had its newest turn: so that whoever goes on keeps its pace. */
export interface TurnsTaken {
  /** In ms since 1970; 0 where it has had none lately. */
  newest: (webhookId: string) => Promise<number>
  note: (webhookId: string, at: number) => Promise<void>
}

export function createTurnsTaken({ hot: { turnsTaken } }: Models): TurnsTaken {
  return {
    newest: async (webhookId) => (await turnsTaken.findOne({ _id: webhookId }))?.at.getTime() ?? 0,
    note: async (webhookId, at) => {
      await turnsTaken.updateOne({ _id: webhookId }, { $set: { at: new Date(at) } }, { upsert: true })
    },
  }
}
