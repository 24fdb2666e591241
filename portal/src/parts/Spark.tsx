import type { Schemas } from '../api/client'
import classes from './spark.module.css'

const HEIGHT = 22
/** A step with little in it is still to be seen. */
const LEAST = 1.5

/** What was delivered and what failed, step by step. A list has many of them, so that it is drawn without the chart library. */
export function Spark({ series, label }: { series: Schemas['StatisticsPoint'][]; label: string }) {
  const most = Math.max(1, ...series.map(({ delivered, failed }) => delivered + failed))
  const high = (count: number): number => (count === 0 ? 0 : Math.max(LEAST, (count / most) * (HEIGHT - LEAST)))
  return (
    <svg className={classes.spark} viewBox={`0 0 ${Math.max(1, series.length) * 4} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <rect x={0} y={HEIGHT - 0.5} width="100%" height={0.5} fill="var(--muted)" />
      {series.map(({ from, delivered, failed }, i) => {
        const [good, bad] = [high(delivered), Math.min(high(failed), HEIGHT)]
        return (
          <g key={from}>
            <rect x={i * 4} width={3} y={HEIGHT - good} height={good} fill="var(--chart-good)" />
            <rect x={i * 4} width={3} y={Math.max(0, HEIGHT - good - bad)} height={bad} fill="var(--chart-bad)" />
          </g>
        )
      })}
    </svg>
  )
}
