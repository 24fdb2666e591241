import { useLocalStorage } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api/client'
import { savedViewsQuery } from '../api/queries'
import type { DeliverySearch } from '../router'
import { useSignedIn } from '../session/session'

export interface View {
  name: string
  search: DeliverySearch
}

interface Views {
  /** With whom they are kept. */
  keeper: 'account' | 'browser'
  views: View[]
  save: (view: View) => Promise<void>
  remove: (view: View) => Promise<void>
}

/** The views of the tenant: kept with the account, or by this browser for who has none (portal links, API keys). */
export function useViews(): Views {
  const { user } = useSignedIn()
  const [ofBrowser, ofAccount] = [useBrowserViews(), useAccountViews(user.email !== undefined)]
  return user.email === undefined ? ofBrowser : ofAccount
}

function useAccountViews(enabled: boolean): Views {
  const queries = useQueryClient()
  const { data } = useQuery({ ...savedViewsQuery, enabled })
  const readAgain = (): Promise<void> => queries.invalidateQueries(savedViewsQuery)
  return {
    keeper: 'account',
    views: data?.data ?? [],
    save: async ({ name, search }) => {
      const given = Object.entries(search).filter((entry): entry is [string, string] => entry[1] !== undefined)
      await answer(api.POST('/v1/account/views', { body: { name, search: Object.fromEntries(given) } }))
      await readAgain()
    },
    remove: async ({ name }) => {
      const found = data?.data.find((view) => view.name === name)
      if (found) await answer(api.DELETE('/v1/account/views/{id}', { params: { path: { id: found.id } } }))
      await readAgain()
    },
  }
}

function useBrowserViews(): Views {
  const { tenantId } = useSignedIn()
  const [views, setViews] = useLocalStorage<View[]>({ key: `herald-views/${tenantId}`, defaultValue: [], deserialize: read, getInitialValueInEffect: false })
  const without = ({ name }: View): View[] => views.filter((view) => view.name !== name)
  return {
    keeper: 'browser',
    views,
    save: async (view) => setViews([...without(view), view]),
    remove: async (view) => setViews(without(view)),
  }
}

/** What is kept may be of an older portal, or somebody's own. */
function read(text: string | undefined): View[] {
  try {
    const views: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(views) ? views.filter((view): view is View => typeof view?.name === 'string' && typeof view?.search === 'object' && view.search !== null) : []
  } catch {
    return []
  }
}
