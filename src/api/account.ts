import { z } from 'zod'
import type { User } from '../domain/user'
import type { Portal } from '../portal'
import { invalid, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { begun, code, mine, password, refusal, type SessionDeps } from './session'
import { sessionView } from './session-view'
import { newPassword } from './setup'
import { named } from './views'

export interface AccountDeps extends SessionDeps {
  portal: Pick<Portal, 'sessions' | 'signIn' | 'accounts' | 'secondFactor'>
}

const proof = { password: password.describe('The present one.'), code: code.optional() }
const proofInput = z.strictObject(proof)
named.add(proofInput, { id: 'Proof' })

const passwordInput = z.strictObject({ ...proof, newPassword })
named.add(passwordInput, { id: 'ChangePassword' })

const codeInput = z.strictObject({ code: code.describe('What the authenticator app shows now.') })
named.add(codeInput, { id: 'ConfirmTotp' })

const secretView = z.object({
  secret: z.string().describe('Base32, to be typed into an authenticator app. Shown this once.'),
  url: z.string().describe('`otpauth://…`, to be shown as a QR code.'),
})
named.add(secretView, { id: 'TotpSecret' })

const recoveryView = z.object({ recoveryCodes: z.array(z.string()).describe('Each signs in once without the app. Shown this once.') })
named.add(recoveryView, { id: 'RecoveryCodes' })

/** What people change of their own account. What changes how they sign in takes their password again. */
export function accountRoutes(deps: AccountDeps): Route[] {
  const { accounts, secondFactor, sessions, signIn } = deps.portal
  const about = { method: 'post', scope: 'session', tag: 'Signing in' } as const
  return [
    route({
      ...about,
      path: '/v1/account/password',
      summary: 'Change your password',
      description: 'Ends every session of yours, and begins a new one here.',
      body: passwordInput,
      responses: { 200: { description: 'Changed.', schema: sessionView } },
      problems: [429],
      handle: changePassword,
    }),
    route({
      ...about,
      path: '/v1/account/totp',
      summary: 'Begin to use an authenticator app',
      description: 'Counts from the first code on (`/v1/account/totp/confirm`). One that is in use holds until then.',
      body: proofInput,
      responses: { 200: { description: 'The secret for the app.', schema: secretView } },
      problems: [429],
      handle: async (call) => ({ status: 200, body: await secondFactor.begin(await proven(call)) }),
    }),
    route({
      ...about,
      path: '/v1/account/totp/confirm',
      summary: 'Show the first code of an authenticator app',
      description: 'From now on signing in takes a code (RFC 6238). Recovery codes of an app that was used before do not work any more.',
      body: codeInput,
      responses: { 200: { description: 'In use.', schema: recoveryView } },
      handle: async (call) => {
        const recoveryCodes = await secondFactor.confirm(userOf(call), call.body.code)
        if (!recoveryCodes) {
          throw invalid([{ path: 'code', message: 'is not what the app shows now: check the clock of the device, or begin again with POST /v1/account/totp' }])
        }
        return { status: 200, body: { recoveryCodes } }
      },
    }),
    route({
      ...about,
      path: '/v1/account/totp/disable',
      summary: 'Use no authenticator app any more',
      body: proofInput,
      responses: { 204: { description: 'Signing in takes the password alone.' } },
      problems: [429],
      handle: async (call) => {
        await secondFactor.turnOff((await proven(call)).id)
        return { status: 204 }
      },
    }),
  ]

  async function changePassword(call: Call<unknown, unknown, z.output<typeof passwordInput>>): Promise<Reply> {
    const user = await proven(call)
    const result = await accounts.changePassword(user, call.body.newPassword)
    if (result.kind === 'throttled' || result.kind === 'busy') throw refusal(result)
    if (result.kind === 'weak') throw invalid([{ path: 'newPassword', message: result.weakness }])
    const session = result.kind === 'changed' ? await sessions.ofUser(result.user) : undefined
    if (!session) throw refusal({ kind: 'refused' })
    return begun(deps, session, call)
  }

  /** Whoever finds a browser open does not know the password. */
  async function proven(call: Call<unknown, unknown, z.output<typeof proofInput>>): Promise<User> {
    const { email } = userOf(call)
    const result = await signIn.prove({ email, password: call.body.password, code: call.body.code }, call.from.address)
    if (result.kind === 'proven') return result.user
    if (result.kind === 'throttled' || result.kind === 'busy') throw refusal(result)
    // No 401: the session has not ended.
    if (result.kind === 'code-required') throw invalid([{ path: 'code', message: 'is required: what the authenticator app shows, or a recovery code' }])
    throw invalid([{ path: 'password', message: call.body.code === undefined ? 'is not right' : 'or code is not right' }])
  }
}

function userOf(call: Call): User {
  const { user } = mine(call)
  if (!user) throw new Problem('forbidden', 'Who came by a portal link has no account to change.')
  if (user.singleSignOn) throw new Problem('forbidden', 'You sign in by an identity provider: your password and your second factor are there.')
  return user
}
