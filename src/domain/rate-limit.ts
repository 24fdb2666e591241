export const RATE_PERIODS = ['second', 'minute'] as const

/** How many POSTs a webhook takes in a second or a minute, over all of its deliveries. */
export interface RateLimit {
  requests: number
  per: (typeof RATE_PERIODS)[number]
}

export const RATE_LIMIT_BOUNDS = { min: 1, max: 10_000 } as const

export const PERIOD_MS = { second: 1_000, minute: 60_000 } as const

/** So much may be made up for where a turn comes late, as every timer does. */
export const RATE_SLACK_MS = 20

/**
 * The time from one turn to the next. Longer than its share of the period by the slack's, so that no
 * period of time has more turns than the limit allows, however late some of them come.
 */
export const turnStepMs = ({ requests, per }: RateLimit): number => (PERIOD_MS[per] + RATE_SLACK_MS) / requests
