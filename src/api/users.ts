import { z } from 'zod'
import { changesBetween } from '../domain/changes'
import { EVERY_TENANT, hasEveryTenant, roleIn, ROLES, scopesIn, USER_STATUSES, type Grant, type User } from '../domain/user'
import type { Portal } from '../portal'
import type { NewLink } from '../portal/accounts'
import { mustHave } from './api-keys'
import { found, Problem } from './problem'
import { route, type Call, type Caller, type Reply, type Route } from './route'
import type { PortalSettings } from './session-cookie'
import { role } from './session-view'
import { email, userName } from './setup'
import { listOf, named, paging, time } from './views'

export interface UserDeps {
  portal: Pick<Portal, 'users' | 'accounts' | 'sessions'>
  portalSettings: Pick<PortalSettings, 'publicUrl'>
}

const view = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: role.describe('In the tenant of the request.'),
  everyTenant: z.boolean().describe('Whether they have a role in every tenant.'),
  status: z.enum(USER_STATUSES).describe('`invited` until they have chosen a password, or signed in by the identity provider.'),
  totp: z.boolean().describe('Whether signing in takes a code of an authenticator app.'),
  singleSignOn: z.boolean().describe('Whether they sign in by the identity provider, and have no password here.'),
  createdAt: time,
  lastSignInAt: time.optional(),
})
named.add(view, { id: 'User' })

const link = z.string().describe('Lets them choose a password, once. Shown this once: send it to them, and to nobody else.')
const invitedView = view.extend({ link: link.optional(), linkExpiresAt: time.optional() })
named.add(invitedView, { id: 'InvitedUser' })
const linkView = z.object({ link, linkExpiresAt: time })
named.add(linkView, { id: 'PasswordLink' })

const everyTenant = z.boolean().default(false).describe('The role holds in every tenant. For administrators of every tenant, and admin keys.')
const inviteInput = z.strictObject({ email, name: userName.optional(), role, everyTenant })
named.add(inviteInput, { id: 'InviteUser' })
const patchInput = z
  .strictObject({
    name: userName.optional(),
    role: role.optional(),
    everyTenant: z.boolean().optional().describe('The `role` holds in every tenant. For administrators of every tenant, and admin keys.'),
    status: z.enum(['active', 'disabled']).optional().describe('A disabled user is out at once, and cannot sign in; links for a password that were made before work no more.'),
  })
  .refine(({ role: given, everyTenant: everywhere }) => given !== undefined || everywhere === undefined, {
    path: ['role'],
    message: 'is required with everyTenant: which one is to hold there?',
  })
named.add(patchInput, { id: 'PatchUser' })
const linkInput = z.strictObject({
  disableTotp: z.boolean().default(false).describe('For who has lost the device and the recovery codes too. Holds once the link is used.'),
  enable: z.boolean().default(false).describe('A disabled user is active again once the link is used.'),
})
named.add(linkInput, { id: 'NewPasswordLink' })

const listQuery = paging.extend({ email: z.string().max(320).optional().describe('The user with this address alone.') })
const params = z.object({ id: z.string() })
type Params = z.output<typeof params>

/** Who has access to a tenant is its administrators' business; users of several tenants are the installation's. */
export function userRoutes({ portal, portalSettings }: UserDeps): Route[] {
  const { users, accounts, sessions } = portal
  const about = { scope: 'access', tag: 'Users' } as const
  const one = { ...about, path: '/v1/users/{id}', params } as const
  return [
    route({
      ...about,
      method: 'get',
      path: '/v1/users',
      summary: 'List the users of the tenant',
      query: listQuery,
      responses: { 200: { description: 'A page of users, newest first.', schema: listOf(view, 'UserList') } },
      handle: async ({ tenantId, scopes, query }) => {
        const { data, nextCursor } = await users.list(tenantId, scopes.includes('admin'), query)
        return { status: 200, body: { data: data.map((user) => toView(user, tenantId)), nextCursor } }
      },
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/users',
      summary: 'Invite a user',
      description: 'The answer has a one-time link with which they choose a password. To a user of another tenant, administrators of every tenant give the role as well; whoever has the address then chooses a new password by the link of the answer, and is out until then.',
      body: inviteInput,
      responses: {
        201: { description: 'Invited.', schema: invitedView },
        200: { description: 'A user of another tenant has the role here too.', schema: invitedView },
      },
      problems: [409],
      handle: invite,
    }),
    route({
      ...one,
      method: 'get',
      summary: 'Look at a user',
      responses: { 200: { description: 'The user.', schema: view } },
      handle: async (call) => ({ status: 200, body: toView(await existing(call), call.tenantId) }),
    }),
    route({
      ...one,
      method: 'patch',
      summary: "Change a user's role, name or status",
      description: 'A new role holds at once. With a first role in every tenant they choose a new password, by the link of the answer, and are out until then.',
      body: patchInput,
      responses: { 200: { description: 'Changed.', schema: invitedView } },
      problems: [409],
      handle: patch,
    }),
    route({
      ...one,
      method: 'delete',
      summary: "Take a user's role in the tenant away",
      description: 'Whoever has no role left is removed. Administrators of every tenant, and admin keys, take a role in every tenant away as well.',
      responses: { 204: { description: 'Done; they are out at once.' } },
      problems: [409],
      handle: remove,
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/users/{id}/password-link',
      params,
      summary: 'Make a one-time link for a new password',
      description: 'For who has lost the password, or the invitation. It takes the place of an earlier link and lasts 24 hours; the old password holds until it is used.',
      body: linkInput,
      responses: { 201: { description: 'Made.', schema: linkView } },
      handle: async (call) => {
        const user = await owned(call)
        return { status: 201, body: shownLink(await accounts.passwordLink(user.id, call.body), call) }
      },
    }),
    route({
      ...about,
      method: 'delete',
      path: '/v1/users/{id}/sessions',
      params,
      summary: 'Sign a user out everywhere',
      description: 'Every session of theirs ends at once; they may sign in again.',
      responses: { 204: { description: 'They are out.' } },
      handle: async (call) => {
        const user = await owned(call)
        await sessions.endOfUser(user.id)
        return { status: 204 }
      },
    }),
  ]

  async function invite(call: Call<unknown, unknown, z.output<typeof inviteInput>>): Promise<Reply> {
    const { tenantId, keyId, body } = call
    const grant = grantOf(call, body.role, body.everyTenant)
    const invited = await accounts.invite({ email: body.email, name: body.name ?? body.email, grant, by: keyId })
    if (invited) return { status: 201, body: { ...toView(invited.user, tenantId), ...shownLink(invited.link, call) } }
    const user = (await users.accountOf(body.email))?.user
    if (!user || user.grants.some((each) => each.tenantId === grant.tenantId)) {
      throw new Problem('conflict', `${body.email} has a role here already; PATCH /v1/users/{id} changes it.`)
    }
    if (!call.scopes.includes('admin')) {
      throw new Problem('conflict', `${body.email} belongs to a user of another tenant: an administrator of every tenant can give them a role here too.`)
    }
    const link = await give(user, grant, call)
    return { status: 200, body: { ...toView(await existing({ ...call, params: { id: user.id } }), tenantId), ...link } }
  }

  async function patch(call: Call<Params, unknown, z.output<typeof patchInput>>): Promise<Reply> {
    const { name, role: newRole, everyTenant: everywhere = false, status } = call.body
    const user = await existing(call)
    if (newRole !== undefined || status === 'disabled') notOneself(call, user)
    if (name !== undefined || status !== undefined) mustOwn(call, user)
    if (newRole !== undefined) mayTake(call, user, [everywhere ? EVERY_TENANT : call.tenantId])
    const given = newRole && (await give(user, grantOf(call, newRole, everywhere), call))
    if (name !== undefined) await users.rename(user.id, name)
    if (status !== undefined) await users.setDisabled(user.id, status === 'disabled')
    if (status === 'disabled') await Promise.all([accounts.dropLinks(user.id), sessions.endOfUser(user.id)])
    const after = toView(await existing(call), call.tenantId)
    return { status: 200, body: { ...after, ...given }, done: { changes: changesBetween(powerOf(toView(user, call.tenantId)), powerOf(after)) } }
  }

  /**
   * Beyond the tenants they had, nobody vouches for who has the password: an administrator of those
   * may have chosen it, or hold a link for it. It is chosen anew, by the link that is answered.
   */
  async function give(user: User, grant: Grant, call: Call): Promise<Partial<z.infer<typeof linkView>>> {
    mustMatter(user, grant, call)
    const isWithin = user.grants.some(({ tenantId }) => tenantId === grant.tenantId || tenantId === EVERY_TENANT)
    if (!isWithin) {
      const anew = await accounts.grantAnew(user.id, grant)
      return anew ? shownLink(anew, call) : {}
    }
    await users.grant(user.id, grant)
    return {}
  }

  async function remove(call: Call<Params>): Promise<Reply> {
    const user = await existing(call)
    notOneself(call, user)
    const taken = call.scopes.includes('admin') ? [call.tenantId, EVERY_TENANT] : [call.tenantId]
    mayTake(call, user, taken)
    for (const tenantId of taken) await users.revoke(user.id, tenantId)
    if ((await users.get(user.id))?.grants.length === 0) await accounts.remove(user.id)
    return { status: 204 }
  }

  /** Those of other tenants are answered as if they were not there. */
  async function existing({ tenantId, scopes, params: { id } }: Call<Params>): Promise<User> {
    return found(await users.getOf(tenantId, scopes.includes('admin'), id), 'user', id)
  }

  async function owned(call: Call<Params>): Promise<User> {
    const user = await existing(call)
    mustOwn(call, user)
    return user
  }

  function shownLink({ token, expiresAt }: NewLink, { from }: Call): z.infer<typeof linkView> {
    return { link: setupUrl(portalSettings.publicUrl ?? from.url, token), linkExpiresAt: expiresAt.toISOString() }
  }
}

/** The token is in the fragment, which browsers keep to themselves: no log and no referrer has it. */
export const setupUrl = (base: string, token: string): string => `${base}/portal/setup#token=${token}`

/** Taking the roles in these tenants away takes as much as giving them. */
const mayTake = ({ tenantId, scopes }: Caller, { grants }: User, from: string[]): void =>
  mustHave(scopes, scopesIn(grants.filter((grant) => from.includes(grant.tenantId)), tenantId), 'take away')

function grantOf({ tenantId, scopes }: Caller, given: Grant['role'], everywhere: boolean): Grant {
  mustHave(scopes, scopesIn([{ tenantId, role: given }], tenantId))
  if (!everywhere) return { tenantId, role: given }
  if (!scopes.includes('admin')) throw new Problem('forbidden', 'Only an administrator of every tenant gives a role in every tenant.')
  return { tenantId: EVERY_TENANT, role: given }
}

/** What is theirs in all tenants, such as the password, is not for the administrators of one of them. */
function mustOwn({ tenantId, scopes }: Caller, { grants }: User): void {
  mustHave(scopes, scopesIn(grants, tenantId))
  if (scopes.includes('admin') || grants.every((grant) => grant.tenantId === tenantId)) return
  throw new Problem('forbidden', 'This user has roles in other tenants too: only an administrator of every tenant may do this. You can change their role here, or take it away.')
}

/** A weaker role in one tenant takes nothing away from who has a stronger one in all of them. */
function mustMatter({ grants, email: whose }: User, { tenantId, role: given }: Grant, { scopes }: Caller): void {
  const everywhere = roleIn(grants, EVERY_TENANT)
  if (tenantId === EVERY_TENANT || everywhere === undefined || ROLES.indexOf(given) >= ROLES.indexOf(everywhere)) return
  const how = scopes.includes('admin') ? 'change that role first, with "everyTenant": true' : 'an administrator of every tenant can change that role'
  throw new Problem('conflict', `${whose} is ${everywhere} in every tenant, so that a weaker role here would change nothing: ${how}.`)
}

/** Else the last administrator is out by a slip of the hand. */
function notOneself({ keyId }: Caller, { id }: User): void {
  if (keyId === id) throw new Problem('conflict', 'This is you: ask another administrator.')
}

/** What of a user the audit log, which is kept for good, may say of a change. */
const powerOf = ({ role: held, everyTenant: everywhere, status }: z.infer<typeof view>) => ({ role: held, everyTenant: everywhere, status })

const toView = (user: User, tenantId: string): z.infer<typeof view> => ({
  id: user.id,
  email: user.email,
  name: user.name,
  role: roleIn(user.grants, tenantId) ?? 'viewer',
  everyTenant: hasEveryTenant(user.grants),
  status: user.status,
  totp: user.totp,
  singleSignOn: user.singleSignOn,
  createdAt: user.createdAt.toISOString(),
  ...(user.lastSignInAt && { lastSignInAt: user.lastSignInAt.toISOString() }),
})
