import { useInfiniteQuery } from '@tanstack/react-query'
import type { AuditLine } from '../api/client'
import { apiKeysQuery, usersQuery } from '../api/queries'
import { rowsOf } from '../parts/Listing'

/** Who somebody is, by the newest users and keys; who has gone keeps the id. */
export function useActorNames(): (actor: AuditLine['actor']) => string {
  const users = rowsOf(useInfiniteQuery({ ...usersQuery, staleTime: 60_000 }))
  const keys = rowsOf(useInfiniteQuery({ ...apiKeysQuery, staleTime: 60_000 }))
  const names = new Map([...users, ...keys].map(({ id, name }) => [id, name]))
  return ({ kind, id }) => {
    if (kind === 'nobody') return 'nobody known'
    if (id === 'admin') return 'the admin key'
    const name = names.get(id) ?? id
    return kind === 'user' ? name : `${kind === 'key' ? 'key' : 'portal link'} ${name}`
  }
}
