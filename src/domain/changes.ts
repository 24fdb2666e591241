import type { FieldChange } from './audit'

const MOST_CHARACTERS = 1_000
/** What changes by itself, or is said by another field. */
const UNTOLD = new Set(['updatedAt', 'failing', 'eventTypeIds', 'retryAfterUntil', 'verification'])
/** Fields, at any depth, that are addresses of receivers and of their token endpoints. */
const ADDRESSES = new Set(['url', 'tokenUrl'])

type View = Record<string, unknown>

/**
 * What differs between two views of a thing, as everybody sees it who may read it. `hidden` are the fields that were
 * set to something which no view shows.
 */
export const changesBetween = (before: object, after: object, hidden: readonly string[] = []): FieldChange[] => compare(before, after, hidden, toldForGood)

/** The same, with every value in full: for who has to decide by it. */
export const changesInFull = (before: object, after: object, hidden: readonly string[] = []): FieldChange[] => compare(before, after, hidden, (value) => JSON.stringify(value))

function compare(before: object, after: object, hidden: readonly string[], told: (value: unknown, field: string) => string): FieldChange[] {
  const [old, young] = [before as View, after as View]
  const names = [...new Set([...Object.keys(young), ...Object.keys(old), ...hidden])].filter((name) => !UNTOLD.has(name))
  return names.flatMap((field) => {
    const [was, is] = [old, young].map((view) => (view[field] === undefined ? undefined : told(view[field], field)))
    const isHidden = hidden.includes(field) || (was === is && JSON.stringify(old[field]) !== JSON.stringify(young[field]))
    if (was === is && !isHidden) return []
    return [{ field, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }), ...(isHidden && { hidden: true as const }) }]
  })
}

function toldForGood(value: unknown, field: string): string {
  // What is told itself has no name in JSON.
  const text = JSON.stringify(value, (name, inner: unknown) => (ADDRESSES.has(name || field) && typeof inner === 'string' ? withoutQueryValues(inner) : inner))
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}

/** Receivers put tokens there, and what is told here is kept for good. */
function withoutQueryValues(url: string): string {
  const [place = '', query] = url.split(/\?(.*)/s)
  return query === undefined ? url : `${place}?${query.split('&').map((part) => part.replace(/=.*/s, '=…')).join('&')}`
}
