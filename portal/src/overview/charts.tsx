import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Area, AreaChart, CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import classes from './charts.module.css'
import { duration, short } from '../parts/numbers'
import { PointTable, type Measure } from './PointTable'
import type { Point } from './series'
import { timeScale } from './time-scale'

const GOOD = 'var(--chart-good)'
const BAD = 'var(--chart-bad)'
const HELD = 'var(--chart-held)'
const MAIN = 'var(--chart-main)'

interface ChartProps {
  points: Point[]
}

export const OutcomeChart = ({ points }: ChartProps) => (
  <Figure label="Attempts a minute that delivered and that failed" height={260} points={points} columns={OUTCOMES}>
    <AreaChart data={points} margin={MARGIN}>
      {axes(points, short)}
      <Area dataKey="deliveredPerMinute" name="delivered" stackId="all" stroke={GOOD} fill={GOOD} fillOpacity={0.25} isAnimationActive={false} />
      <Area dataKey="failedPerMinute" name="failed" stackId="all" stroke={BAD} fill={BAD} fillOpacity={0.35} isAnimationActive={false} />
    </AreaChart>
  </Figure>
)

/** Half of what arrived was there in p50, and 99 of 100 in p99; retries make it long, so that the scale is a logarithm. */
export const ArrivalChart = ({ points }: ChartProps) => (
  <Figure label="Time from publishing to arrival, p50 and p99" height={220} points={points} columns={ARRIVALS}>
    <LineChart data={points} margin={MARGIN}>
      {axes(points, duration, timeScale(points.flatMap(({ p50, p99 }) => [p50, p99].filter((time) => time !== undefined))))}
      <Line dataKey="p50" stroke={MAIN} strokeWidth={2} dot={isSparse(points, 'p50')} connectNulls isAnimationActive={false} />
      <Line dataKey="p99" stroke={HELD} strokeWidth={2} strokeDasharray="5 3" dot={isSparse(points, 'p99')} connectNulls isAnimationActive={false} />
    </LineChart>
  </Figure>
)

export const BacklogChart = ({ points }: ChartProps) => (
  <Figure label="Deliveries that were parked and held" height={220} points={points} columns={BACKLOGS}>
    <AreaChart data={points} margin={MARGIN}>
      {axes(points, short)}
      <Area dataKey="parked" dot={isSparse(points, 'parked')} stroke={BAD} fill={BAD} fillOpacity={0.25} connectNulls isAnimationActive={false} />
      <Area dataKey="held" dot={isSparse(points, 'held')} stroke={HELD} fill={HELD} fillOpacity={0.2} connectNulls isAnimationActive={false} />
    </AreaChart>
  </Figure>
)

const plain = (value: number): string => value.toLocaleString()
const OUTCOMES: Measure[] = [
  { name: 'Delivered a minute', of: 'deliveredPerMinute', format: plain },
  { name: 'Failed a minute', of: 'failedPerMinute', format: plain },
]
const ARRIVALS: Measure[] = [
  { name: 'Half within', of: 'p50', format: duration },
  { name: '99 of 100 within', of: 'p99', format: duration },
]
const BACKLOGS: Measure[] = [
  { name: 'Parked', of: 'parked', format: plain },
  { name: 'Held', of: 'held', format: plain },
]

/** Two points make hardly a line, and one none. */
const isSparse = (points: Point[], name: keyof Point): boolean => points.filter((point) => point[name] !== undefined).length < 3

const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 }

interface FigureProps extends ChartProps {
  label: string
  height: number
  columns: Measure[]
  children: ReactNode
}

/** A chart, and what it draws as a table, for who cannot see it or wants the numbers. */
function Figure({ label, height, points, columns, children }: FigureProps) {
  const [isTable, { toggle }] = useDisclosure()
  return (
    <figure className={classes.chart} aria-label={label}>
      {isTable ? (
        <PointTable label={label} points={points} columns={columns} />
      ) : (
        <ResponsiveContainer width="100%" height={height}>
          {children}
        </ResponsiveContainer>
      )}
      <Button variant="subtle" size="compact-xs" mt={4} aria-label={`${isTable ? 'Show as chart' : 'Show as table'}: ${label}`} onClick={toggle}>
        {isTable ? 'Show as chart' : 'Show as table'}
      </Button>
    </figure>
  )
}

const DAY_MS = 86_400_000
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Recharts looks for these among the children of a chart, so that they are no component of their own. Between lines that are given, the scale is a logarithm. */
function axes(points: Point[], format: (value: number) => string, lines?: number[]): ReactNode {
  const spans = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)
  const tick = spans > 2 * DAY_MS ? date : clock
  return (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis dataKey="at" type="number" scale="time" domain={['dataMin', 'dataMax']} tickFormatter={(at: number) => tick.format(at)} minTickGap={48} stroke="var(--muted)" tickLine={false} />
      <YAxis width={66} {...scaleOf(lines)} tickFormatter={format} stroke="var(--muted)" tickLine={false} axisLine={false} />
      <Tooltip
        isAnimationActive={false}
        labelFormatter={(at) => exact.format(Number(at))}
        formatter={(value) => format(Number(value))}
        contentStyle={{ background: 'var(--mantine-color-body)', border: '1px solid var(--line)', borderRadius: 8, color: 'var(--mantine-color-text)' }}
      />
      <Legend iconType="plainline" itemSorter={null} formatter={(name) => <span className={classes.name}>{name}</span>} />
    </>
  )
}

const scaleOf = (lines: number[] | undefined) =>
  lines === undefined
    ? ({ domain: [0, 'auto'], allowDecimals: false } as const)
    : ({ scale: 'log', domain: [lines[0] ?? 1, lines.at(-1) ?? 1], ticks: lines, interval: 0 } as const)
