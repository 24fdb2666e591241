import { z } from 'zod'
import { SETTING_SOURCES, type Setting } from '../domain/setting'
import { route, type Route } from './route'
import { named } from './views'

export interface SettingDeps {
  /** Of this process. */
  settings: Setting[]
}

const view = z.object({
  name: z.string().describe('Of the environment variable.'),
  about: z.string(),
  source: z.enum(SETTING_SOURCES).describe('`file`: read from `file`; `started`: of the servers that this Herald has started itself.'),
  isSet: z.boolean(),
  isSecret: z.boolean().describe('Its value is told to nobody: `isSet` says whether there is one.'),
  value: z.string().optional().describe('What holds; of an address without its credentials and options. None of a secret, of what a file holds, or where nothing is set.'),
  file: z.string().optional(),
})
named.add(view, { id: 'Setting' })
const views = z.object({ data: z.array(view) })
named.add(views, { id: 'SettingList' })

/** Of the installation, not of a tenant: for those who operate it. */
export const settingRoutes = ({ settings }: SettingDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/settings',
    scope: 'admin',
    tag: 'Settings',
    summary: 'List the settings',
    description: 'Read-only, with where each comes from. Of the process that answers: where there are several, each has its own environment. No secret is told.',
    responses: { 200: { description: 'All of them.', schema: views } },
    handle: async () => ({ status: 200, body: { data: settings } }),
  }),
]
