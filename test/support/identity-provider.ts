import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { SingleSignOnSettings } from '../../src/portal'

export interface IdentityProvider {
  /** For a Herald that signs in by it. */
  settings: SingleSignOnSettings
  /** Lets browsers be sent back there; before that it answers nothing. */
  allow: (...heraldUrls: string[]) => Promise<void>
  /** Who signs in there with that name is this account from now on. */
  account: (sub: string, claims: object) => Promise<void>
  stop: () => Promise<void>
}

/** A real OpenID Connect provider, in a process of its own: it is an ES module, which jest does not load. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const child = fork(path.join(__dirname, 'oidc-provider.mjs'), { silent: true, execArgv: [] })
  const [{ issuer }] = (await once(child, 'message')) as [{ issuer: string }]
  const tell = async (message: object): Promise<void> => {
    const done = once(child, 'message')
    child.send(message)
    await done
  }
  return {
    settings: { issuer, clientId: 'herald', clientSecret: 'a secret of the tests', name: 'Bank Login', scope: 'openid email profile groups' },
    allow: (...heraldUrls) => tell({ redirectUris: heraldUrls.map((url) => `${url}/portal/signed-on`) }),
    account: (sub, claims) => tell({ account: { sub, claims } }),
    stop: async () => {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

/** What a browser does there: signs in with the name, allows what is asked for, and is sent back. Answers the query that it comes back with. */
export async function signInThere(url: string, name: string, allows = true): Promise<string> {
  const jar = new Map<string, string>()
  const load = async (where: string, form?: Record<string, string>): Promise<Response> => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const response = await fetch(where, { redirect: 'manual', headers: { cookie }, ...(form && { method: 'POST', body: new URLSearchParams(form) }) })
    for (const set of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      jar.set(key, value)
    }
    return response
  }
  let at = url
  for (let step = 0; step < 12; step++) {
    const { origin, pathname } = new URL(at)
    if (origin !== new URL(url).origin) return new URL(at).search.slice(1)
    const isAsked = /^\/interaction\/[^/]+$/.test(pathname)
    const text = isAsked ? await (await load(at)).text() : ''
    const form: Record<string, string> = text.includes('name="login"') ? { prompt: 'login', login: name, password: 'any' } : { prompt: 'consent' }
    const response = await (isAsked ? (allows ? load(at, form) : load(`${at}/abort`)) : load(at))
    const to = response.headers.get('location')
    if (to === null) throw new Error(`${at} answered ${response.status}: ${await response.text()}`)
    at = new URL(to, at).href
  }
  throw new Error('The provider sends the browser round in circles')
}
