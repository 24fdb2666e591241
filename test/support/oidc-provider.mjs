/**
 * An OpenID Connect provider as its own process: oidc-provider, with its pages for signing in and
 * allowing. Who types a name there is that account. The parent says which accounts there are, and
 * where browsers may be sent back to.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'

const CLIENT = { client_id: 'herald', client_secret: 'a secret of the tests', response_types: ['code'], grant_types: ['authorization_code'] }

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`
const accounts = new Map()

async function serve(redirectUris) {
  const { default: Provider } = await import('oidc-provider')
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: redirectUris }],
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    pkce: { required: () => true },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) }),
  })
  server.removeAllListeners('request')
  server.on('request', provider.callback())
}

process.on('message', async ({ redirectUris, account }) => {
  if (redirectUris) await serve(redirectUris)
  if (account) accounts.set(account.sub, account.claims)
  process.send({ done: true })
})
process.on('disconnect', () => process.exit())
process.send({ issuer })
