import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import compression from 'compression'
import express, { Router, type RequestHandler, type Response } from 'express'

export const PORTAL_PATH = '/portal'

/** Where the build puts it, seen from the built Herald. */
export const builtPortalPath = (): string => resolve(__dirname, '../../portal')

/** In the page as Vite has built it; each answer gets a nonce of its own. */
const NONCE = '%CSP_NONCE%'

export interface Framing {
  /** Sites that may show the portal in a frame; none when empty. */
  frameAncestors: string[]
}

/** The React app as it was built into `dir`. Its pages are the app's own, so that every other path answers its start page. */
export function createPortalFiles(dir: string, { frameAncestors }: Framing): Router {
  const router = Router()
  const setPolicy = policyFor(frameAncestors)
  router.get('/', toPortal)
  // Of all that is served here nothing is secret beside what a caller chooses: what is packed tells nothing by its length.
  router.use(PORTAL_PATH, compression())
  router.use(PORTAL_PATH, (_, res, next) => {
    setPolicy(res)
    // Which sites may frame it, only the policy can say.
    if (frameAncestors.length > 0) res.removeHeader('X-Frame-Options')
    else res.setHeader('X-Frame-Options', 'DENY')
    res.setHeader('Referrer-Policy', 'same-origin')
    next()
  })
  // The name of an asset carries a hash of its content.
  const immutable = { immutable: true, maxAge: '365d', fallthrough: false, index: false as const }
  router.use(`${PORTAL_PATH}/assets`, express.static(join(dir, 'assets'), immutable), missing)
  router.use(PORTAL_PATH, express.static(dir, { index: false, redirect: false, maxAge: '1h' }))
  router.get(`${PORTAL_PATH}{/*path}`, startPage(dir, setPolicy))
  return router
}

/** People who open Herald's address in a browser mean the portal; programs get what they always got. */
const toPortal: RequestHandler = (req, res, next) => {
  if (req.accepts(['json', 'html']) === 'html') res.redirect(302, `${PORTAL_PATH}/`)
  else next()
}

/** An asset of an older build is gone: the app reloads itself when it meets this. */
const missing = (_error: unknown, _req: express.Request, res: Response, _next: express.NextFunction): void => {
  res.status(404).set('Cache-Control', 'no-store').type('text/plain').send('This file is gone, the portal was updated: load the page again.\n')
}

/** Read each time: a build that is made while Herald runs has other assets. */
function startPage(dir: string, setPolicy: SetPolicy): RequestHandler {
  return async (_, res) => {
    const page = await readFile(join(dir, 'index.html'), 'utf8').catch(() => undefined)
    if (page === undefined) {
      res.status(503).type('text/plain').send('The portal is not built: run "npm run build" and load this page again.\n')
      return
    }
    const nonce = randomBytes(16).toString('base64')
    setPolicy(res, `'nonce-${nonce}'`)
    res.set('Cache-Control', 'no-store').type('html').send(page.replaceAll(NONCE, nonce))
  }
}

type SetPolicy = (res: Response, styles?: string) => void

/** Scripts come from here alone; the component library's own style elements carry the nonce. */
function policyFor(frameAncestors: string[]): SetPolicy {
  const framed = frameAncestors.length > 0 ? frameAncestors.join(' ') : "'none'"
  return (res, styles = '') => {
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' ${styles}`.trim(),
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      `frame-ancestors ${framed}`,
    ]
    res.setHeader('Content-Security-Policy', policy.join('; '))
  }
}
