import { useQueryClient } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useCredentials } from '../api/client'
import { endSession, enterWithKey, enterWithPassword, findSession, inTenant, keepTenant, namedTenants, toEntry, type Entry, type Scope, type Session as Answered } from './entries'

type State = { kind: 'looking' } | { kind: 'out' } | { kind: 'in'; entry: Entry; ended: boolean }

interface Session {
  state: State
  signIn: (email: string, password: string, code?: string) => Promise<void>
  useKey: (key: string) => Promise<void>
  /** Takes up the session that was begun in another tab. */
  resume: () => Promise<void>
  signOut: () => Promise<void>
  chooseTenant: (tenantId: string) => Promise<void>
  /** Goes on with the session that the API has begun in place of the one before. */
  goOn: (session: Answered) => Promise<void>
  /** Reads afresh what may have changed of the session: its tenants, and what one may do in them. */
  readAgain: () => Promise<void>
}

const Context = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('There is no session here')
  return session
}

/** Who is signed in; of pages that stand inside the shell. */
export function useSignedIn(): Entry {
  const { state } = useSession()
  if (state.kind !== 'in') throw new Error('Nobody is signed in')
  return state.entry
}

/** What the buttons of a page need; the API decides in any case. */
export function useMay(): Record<Exclude<Scope, 'read'>, boolean> {
  const { scopes } = useSignedIn()
  const may = (scope: Scope): boolean => scopes === undefined || scopes.includes('admin') || scopes.includes(scope)
  return { data: may('data'), erase: may('erase'), reveal: may('reveal'), manage: may('manage'), retry: may('retry'), publish: may('publish'), access: may('access'), admin: may('admin') }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [state, setState] = useState<State>({ kind: 'looking' })

  const enter = useCallback(
    (entry: Entry) => {
      const { tenantId } = entry
      const headers = { ...entry.headers, ...(tenantId !== '' && { 'herald-tenant': tenantId }) }
      // A page that is half filled in stays as it is: signing in again goes on with it.
      useCredentials({ headers }, () => setState((now) => (now.kind === 'in' ? { ...now, ended: true } : now)))
      setState({ kind: 'in', entry, ended: false })
    },
    [],
  )

  useEffect(() => {
    findSession().then(
      (entry) => (entry ? enter(entry) : setState({ kind: 'out' })),
      () => setState({ kind: 'out' }),
    )
  }, [enter])

  const session = useMemo<Session>(() => {
    const again = async (entry: Entry): Promise<void> => {
      const before = state.kind === 'in' ? state.entry.tenantId : entry.tenantId
      enter(entry.tenants.includes(before) ? await inTenant(entry, before) : entry)
      await queries.invalidateQueries()
    }
    return {
      state,
      signIn: async (email, password, code) => again(await enterWithPassword(email, password, code)),
      useKey: async (key) => again(await enterWithKey(key)),
      resume: async () => {
        const entry = await findSession()
        if (entry) await again(entry)
      },
      signOut: async () => {
        if (state.kind === 'in') await endSession(state.entry).catch(() => undefined)
        useCredentials({ headers: {} }, () => undefined)
        queries.clear()
        setState({ kind: 'out' })
      },
      chooseTenant: async (tenantId) => {
        if (state.kind !== 'in') return
        enter(await inTenant(state.entry, tenantId))
        keepTenant(tenantId)
        queries.clear()
      },
      goOn: (session) => again(toEntry(session)),
      readAgain: async () => {
        if (state.kind === 'in' && state.entry.by === 'session') enter((await findSession()) ?? state.entry)
        if (state.kind === 'in' && state.entry.by === 'key') enter(await namedTenants(state.entry))
      },
    }
  }, [state, enter, queries])

  return <Context.Provider value={session}>{children}</Context.Provider>
}
