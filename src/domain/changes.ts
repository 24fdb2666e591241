import type { FieldChange } from './audit'

const MOST_CHARACTERS = 1_000
/** What changes by itself, or is said by another field. */
const UNTOLD = new Set(['updatedAt', 'failing', 'eventTypeIds', 'retryAfterUntil'])

type View = Record<string, unknown>

/**
 * What differs between two views of a thing, as everybody sees it who may read it. `hidden` are the fields that were
 * set to something which no view shows.
 */
export function changesBetween(before: object, after: object, hidden: readonly string[] = []): FieldChange[] {
  const [old, young] = [before as View, after as View]
  const names = [...new Set([...Object.keys(young), ...Object.keys(old), ...hidden])].filter((name) => !UNTOLD.has(name))
  return names.flatMap((field) => {
    const [was, is] = [told(field, old[field]), told(field, young[field])]
    const isHidden = hidden.includes(field) || (was === is && JSON.stringify(old[field]) !== JSON.stringify(young[field]))
    if (was === is && !isHidden) return []
    return [{ field, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }), ...(isHidden && { hidden: true as const }) }]
  })
}

function told(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = JSON.stringify(field === 'url' && typeof value === 'string' ? withoutQueryValues(value) : value)
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}

/** Receivers put tokens there, and what is told here is kept for good. */
function withoutQueryValues(url: string): string {
  const [place = '', query] = url.split(/\?(.*)/s)
  return query === undefined ? url : `${place}?${query.split('&').map((part) => part.replace(/=.*/s, '=…')).join('&')}`
}
