import pino from 'pino'
import { createIdentityProvider, type Errand } from '../../src/portal/identity-provider'
import { signInThere, startIdentityProvider, type IdentityProvider } from '../support/identity-provider'

let there: IdentityProvider
beforeAll(async () => {
  there = await startIdentityProvider()
  await there.allow('http://127.0.0.1:3000')
  await there.account('sub-1', { email: 'a@bank.example', email_verified: true, groups: ['staff'] })
})
afterAll(() => there?.stop())

const provider = () => createIdentityProvider(there.settings, pino({ level: 'silent' }))

async function answered(): Promise<{ errand: Errand; answer: string }> {
  const begun = await provider().begin('http://127.0.0.1:3000/portal/signed-on')
  if (begun.kind !== 'begun') throw new Error('It is away')
  return { errand: begun.errand, answer: await signInThere(begun.url, 'sub-1') }
}

test('the provider says who somebody is, with the claims of the ID token and of userinfo', async () => {
  const { errand, answer } = await answered()
  expect(await provider().finish(errand, answer)).toEqual({
    kind: 'identified',
    issuer: there.settings.issuer,
    subject: 'sub-1',
    claims: expect.objectContaining({ email: 'a@bank.example', email_verified: true, groups: ['staff'] }),
  })
})

test.each(['state', 'nonce', 'codeVerifier', 'redirectUri'] as const)('an answer to a request with another %s is refused', async (part) => {
  const { errand, answer } = await answered()
  const other = { ...errand, [part]: part === 'redirectUri' ? 'http://127.0.0.1:3001/portal/signed-on' : 'x'.repeat(43) }
  expect(await provider().finish(other, answer)).toMatchObject({ kind: 'refused' })
})

test('an answer that names another provider is refused (RFC 9207)', async () => {
  const { errand, answer } = await answered()
  const elsewhere = new URLSearchParams(answer)
  expect(elsewhere.get('iss')).toBe(there.settings.issuer)
  elsewhere.set('iss', 'https://attacker.example')
  expect(await provider().finish(errand, elsewhere.toString())).toMatchObject({ kind: 'refused' })
})
