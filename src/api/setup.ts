import { z } from 'zod'
import type { Portal } from '../portal'
import { PASSWORD_LENGTH } from '../portal/passwords'
import { invalid, Problem } from './problem'
import { route, type Route } from './route'
import { aboutUser, password, refusal } from './session'
import { named, time } from './views'

export interface SetupDeps {
  portal: Pick<Portal, 'accounts'>
}

export const linkToken = z.string().min(1).max(100).describe('What comes after `#token=` in the link.')
export const userName = z.string().trim().min(1).max(200).describe('How others see them.')
export const email = z.email().max(320)
export const newPassword = password.describe(
  `${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters of any kind; not a common password, nor one made of the own name.`,
)

const input = z.strictObject({
  token: linkToken,
  password: newPassword,
  email: email.optional().describe('Of the first administrator. Who was invited has theirs already.'),
  name: userName.optional(),
})
named.add(input, { id: 'Setup' })

const doneView = z.object({ email: z.string(), name: z.string() })
named.add(doneView, { id: 'SetupDone' })

const linkView = z.object({
  kind: z.enum(['first', 'invited', 'reset']).describe('Of the first administrator, of who was invited, or of who has a password and chooses another one.'),
  email: z.string().optional().describe('Whose password it is; none of the first administrator.'),
  name: z.string().optional(),
  expiresAt: time,
})
named.add(linkView, { id: 'SetupLink' })

const GONE = 'This link was used, has ended, or was replaced by a newer one: ask whoever sent it for another one.'

export function setupRoutes({ portal: { accounts } }: SetupDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/setup/link',
      scope: 'none',
      audited: false,
      tag: 'Signing in',
      summary: 'Whose password does a one-time link let one choose?',
      description: 'For the page that the link leads to. It is not used up.',
      body: z.strictObject({ token: linkToken }),
      responses: { 200: { description: 'The link.', schema: linkView } },
      problems: [404, 503],
      handle: async ({ body }) => {
        const found = await accounts.lookAt(body.token)
        if (!found) throw new Problem('not-found', GONE)
        const { user, expiresAt } = found
        const kind = user ? (user.status === 'invited' ? ('invited' as const) : ('reset' as const)) : ('first' as const)
        return { status: 200, body: { kind, ...(user && { email: user.email, name: user.name }), expiresAt: expiresAt.toISOString() } }
      },
    }),
    route({
      method: 'post',
      path: '/v1/setup',
      scope: 'none',
      tag: 'Signing in',
      summary: 'Choose a password by a one-time link',
      description:
        'For the first administrator (the link of the first start), for who was invited, and for who lost their password. The link is used up by it, and all sessions of the user end. Then sign in.',
      body: input,
      responses: { 200: { description: 'Done: sign in with it.', schema: doneView } },
      problems: [404, 429, 503],
      handle: async ({ body }) => {
        const result = await accounts.complete(body)
        if (result.kind === 'invalid') throw invalid(result.errors, result.user && aboutUser(result.user))
        if (result.kind === 'throttled' || result.kind === 'busy') throw refusal(result)
        if (result.kind === 'link-gone') {
          throw new Problem('not-found', GONE)
        }
        return { status: 200, body: { email: result.user.email, name: result.user.name }, done: aboutUser(result.user) }
      },
    }),
  ]
}
