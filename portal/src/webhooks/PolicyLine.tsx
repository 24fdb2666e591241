import { Text } from '@mantine/core'
import { forSeconds } from '../parts/When'
import { LEAST_WAIT, waitsOf, type PolicyText } from './policy'
import classes from './policy.module.css'

/** The attempts of a round as a line of time: at once, 2 s, 4 s, 8 s, 16 s. */
export function PolicyLine({ policy }: { policy: PolicyText }) {
  const waits = waitsOf(policy)
  if (!waits) return null
  const total = waits.reduce((sum, wait) => sum + Math.max(wait, LEAST_WAIT), 0)
  const labels = ['at once', ...waits.map((wait) => (wait < LEAST_WAIT ? '≈ 1 s' : forSeconds(wait)))]
  return (
    <div>
      <ol className={classes.line} aria-label="Attempts">
        {labels.map((label, i) => (
          <li key={`${i}`} className={classes.step}>
            <span className={classes.dot} aria-hidden="true">
              {i + 1}
            </span>
            <span className={classes.label}>{label}</span>
          </li>
        ))}
        <li className={classes.step}>
          <span className={`${classes.dot} ${classes.end}`} aria-hidden="true">
            P
          </span>
          <span className={classes.label}>parked</span>
        </li>
      </ol>
      <Text size="sm" c="var(--muted)">
        {labels.length === 1 ? 'One attempt' : `${labels.length} attempts within about ${forSeconds(total)}`}; what is not delivered by then is parked: kept, shown here, and retried by hand.
        {waits.some((wait) => wait < LEAST_WAIT) && ' A wait below a second takes about a second: Temporal keeps no shorter time.'}
      </Text>
    </div>
  )
}
