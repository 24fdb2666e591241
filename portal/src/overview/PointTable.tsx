import { Box } from '@mantine/core'
import classes from './charts.module.css'
import type { Point } from './series'

/** Something of each step that is drawn. */
export interface Measure {
  name: string
  of: keyof Point
  format: (value: number) => string
}

interface PointTableProps {
  label: string
  points: Point[]
  columns: Measure[]
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** What a chart draws, newest first; steps of which nothing is known are left out. */
export function PointTable({ label, points, columns }: PointTableProps) {
  const known = points.filter((point) => columns.some(({ of }) => point[of] !== undefined)).toReversed()
  return (
    // Scrolled by keyboard too.
    <Box className={classes.table} tabIndex={0} role="region" aria-label={label}>
      <table aria-label={label}>
        <thead>
          <tr>
            <th scope="col">From</th>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {known.map((point) => (
            <tr key={point.at}>
              <th scope="row">{exact.format(point.at)}</th>
              {columns.map(({ name, of, format }) => {
                const value = point[of]
                return <td key={name}>{value === undefined ? '–' : format(value)}</td>
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  )
}
