import type { ReactNode } from 'react'

export interface Column<T> {
  header: string
  cell: (row: T) => ReactNode
  width?: string
}

/** A table that becomes cards where there is no room for it. The roles stay, whatever CSS makes of the elements. */
export function Rows<T extends { id: string | number }>({ label, rows, columns }: { label: string; rows: T[]; columns: Column<T>[] }) {
  return (
    <table className="rows" role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ header, width }) => (
            <th key={header} role="columnheader" scope="col" style={{ width }}>
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={row.id} role="row">
            {columns.map(({ header, cell }) => (
              <td key={header} role="cell" data-label={header}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
