import { Router, type RequestHandler } from 'express'
import { PASSWORD_LENGTH } from '../portal/passwords'
import { send } from './serve'
import type { PortalSettings } from './session-cookie'

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title} · Herald</title>
<link rel="stylesheet" href="/portal/link.css">
</head>
<body>
<main>
<h1>${title}</h1>
${body}
<p id="message" role="alert"></p>
</main>
<noscript>This page needs JavaScript.</noscript>
<script src="/portal/link.js"></script>
</body>
</html>
`

const SETUP = page(
  'Choose your password',
  `<p id="whose">One moment.</p>
<form id="setup" hidden>
<label>E-mail address <input name="email" type="email" autocomplete="username" maxlength="320"></label>
<label>Name <input name="name" autocomplete="name" maxlength="200"></label>
<label>Password <input name="password" type="password" autocomplete="new-password" required aria-describedby="rule"></label>
<p id="rule">At least ${PASSWORD_LENGTH.min} characters of any kind; no common password, and none made of your name. A few words that do not belong together are best.</p>
<button>Set password</button>
<button id="instead" type="button" hidden></button>
<p id="next"></p>
</form>`,
)

const OPEN = page('Opening the portal', `<p id="opening">One moment.</p>
<form id="ask" hidden>
<p id="who"></p>
<button></button>
<p><a href="/portal/">No, leave everything as it is</a></p>
</form>`)

const SIGNED_ON = page('Signing in', '<p id="signing-on">One moment.</p>')

const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 26rem; margin: 10vh auto; padding: 0 1rem }
label { display: block; margin: 1rem 0 }
[hidden] { display: none !important }
input, button { display: block; box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .5rem; font: inherit }
button { margin-top: 1rem }
#whose { overflow-wrap: anywhere }
#rule { margin-top: -.5rem }
#rule, #next { font-size: .875rem }
#message { font-weight: 600; overflow-wrap: anywhere }
`

/** The token stays in the fragment: it reaches the server in a body alone, and leaves the address bar at once. */
const SCRIPT = `const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
const answer = location.search.slice(1)
history.replaceState(null, '', location.pathname)
const message = document.getElementById('message')
const form = document.getElementById('setup')

async function post(path, body) {
  const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const answer = await response.json()
  if (!response.ok) throw Object.assign(new Error(answer.detail), { answer })
  return answer
}

async function attempt(act) {
  message.textContent = ''
  try {
    await act()
  } catch (error) {
    message.textContent = error.message
  }
}

form?.addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(async () => {
    const { email, name, password } = Object.fromEntries(new FormData(form))
    const done = await post('/v1/setup', { token, password, ...(email && !form.elements.email.readOnly && { email }), ...(name && { name }) })
    form.hidden = true
    whose.hidden = true
    message.textContent = 'The password is set. Sign in as ' + done.email + '.'
    const link = Object.assign(document.createElement('a'), { href: '/portal/', textContent: 'To the portal' })
    message.append(' ', link)
  })
})

const WHOSE = {
  first: () => 'Nobody can sign in yet: you become the first administrator, of every tenant.',
  invited: ({ email }) => 'You were invited to Herald as ' + email + '.',
  reset: ({ email }) => 'A new password for ' + email + '. The one of before holds until you have chosen it.',
}

const whose = document.getElementById('whose')

/** Whoever has just chosen a password looks for the next step: it is said before. */
function showSetup({ kind, email = '', name = '', expiresAt }) {
  whose.textContent = WHOSE[kind]({ email })
  form.elements.email.value = email
  // A password manager keeps the password under it.
  form.elements.email.readOnly = kind !== 'first'
  form.elements.email.required = kind === 'first'
  form.elements.name.value = name === email ? '' : name
  form.elements.name.closest('label').hidden = kind === 'reset'
  document.getElementById('next').textContent =
    'Then you sign in with it' + (kind === 'reset' ? ', and sessions that are open end' : '') + '. The link works once, until ' + new Date(expiresAt).toLocaleString() + '.'
  form.hidden = false
}

if (form) {
  attempt(async () => {
    if (!token) throw new Error('Open the whole link again, as it was sent: the address does not keep it.')
    showSetup(await post('/v1/setup/link', { token }))
  }).then(() => {
    if (form.hidden) whose.hidden = true
  })
}

const instead = document.getElementById('instead')

async function offerInstead() {
  const { singleSignOn } = await (await fetch('/v1/sign-in')).json()
  if (!singleSignOn) return
  instead.textContent = 'Use ' + singleSignOn.name + ' instead of a password'
  instead.hidden = false
}

if (instead) {
  offerInstead().catch(() => {})
  instead.addEventListener('click', () => attempt(async () => location.assign((await post('/v1/sign-in/oidc', { token })).url)))
}

const signingOn = document.getElementById('signing-on')

async function signOn() {
  await post('/v1/session/oidc', { answer })
  new BroadcastChannel('herald-session').postMessage('begun')
  const back = sessionStorage.getItem('herald-return') ?? ''
  sessionStorage.removeItem('herald-return')
  location.replace(back.startsWith('/portal/') ? back : '/portal/')
}

if (signingOn) {
  attempt(signOn).then(() => {
    if (!message.textContent) return
    signingOn.hidden = true
    message.append(' ', Object.assign(document.createElement('a'), { href: '/portal/', textContent: 'Back to signing in' }))
  })
}

const ask = document.getElementById('ask')
const opening = document.getElementById('opening')

async function open(replace) {
  const { webhookId } = await post('/v1/portal-links/open', { token, replace })
  location.replace(webhookId ? '/portal/operations/webhook/' + encodeURIComponent(webhookId) : '/portal/')
}

function askFirst({ signedInAs, link }) {
  document.getElementById('who').textContent = 'This browser is signed in as ' + signedInAs + '. Opening the link ends that.'
  ask.querySelector('button').textContent = 'Open as ' + link.name + ' in ' + link.tenant
  ask.hidden = false
}

if (ask) {
  ask.addEventListener('submit', (event) => {
    event.preventDefault()
    attempt(() => open(true))
  })
  attempt(() => open(false).catch((error) => {
    if (error.answer?.reason !== 'session_live') throw error
    askFirst(error.answer)
  })).then(() => { opening.hidden = !ask.hidden || message.textContent !== '' })
}
`

/**
 * Where one-time links lead to. Small pages of their own, so that they work whatever becomes of the
 * portal. Nothing inline; the page that asks for a password is never shown in a frame.
 */
export function createLinkPages({ frameAncestors }: Pick<PortalSettings, 'frameAncestors'>): Router {
  const router = Router()
  const framed = frameAncestors.length > 0 ? frameAncestors.join(' ') : "'none'"
  router.get('/portal/setup', show(SETUP, 'text/html', contentPolicy("'none'")))
  router.get('/portal/signed-on', show(SIGNED_ON, 'text/html', contentPolicy("'none'")))
  router.get('/portal/link', show(OPEN, 'text/html', contentPolicy(framed)))
  router.get('/portal/link.css', show(STYLE, 'text/css'))
  router.get('/portal/link.js', show(SCRIPT, 'text/javascript'))
  return router
}

const contentPolicy = (frameAncestors: string): Record<string, string> => ({
  'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors ${frameAncestors}`,
})

const show =
  (text: string, type: string, headers: Record<string, string> = {}): RequestHandler =>
  (_, res) => {
    // The policy says who may frame it, which this older header cannot.
    if (headers['Content-Security-Policy']) res.removeHeader('X-Frame-Options')
    send(res, { status: 200, text, contentType: `${type}; charset=utf-8`, headers })
  }
