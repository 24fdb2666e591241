import { Router, type Request, type RequestHandler, type Response } from 'express'
import type { RecordCall } from './audited'
import { BACKGROUND_HEADER, type Asking, type Authenticate } from './auth'
import { bodyReader, jsonText, parseJson, refuseAmbiguous } from './body'
import { OPERATION } from './health'
import type { Limits } from './limits'
import { Problem, type ProblemBody } from './problem'
import type { Call, Caller, Reply, Route } from './route'
import { parse } from './parse'
import { NO_STORE, sendStream } from './stream'

const MAX_BODY_BYTES = 256 * 1024

const NOBODY: Caller = { tenantId: '', keyId: '', scopes: [] }

/** What a process does with every call. */
export interface Serving {
  authenticate: Authenticate
  record: RecordCall
  limits: Pick<Limits, 'takeOfOpen' | 'takeOfCaller'>
}

/** The routes as Express serves them: who asks, and how often → what was sent → the handler → the audit log → the answer. */
export function createRouter(routes: Route[], serving: Serving): Router {
  const router = Router()
  for (const each of routes) {
    router[each.method](expressPath(each.path), ...handlers(each, serving))
  }
  for (const path of new Set(routes.map((each) => each.path))) {
    router.all(expressPath(path), refuseMethod(routes.filter((each) => each.path === path)))
  }
  return router
}

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

function handlers(each: Route, { authenticate, record, limits }: Serving): RequestHandler[] {
  const { scope, tag, body, maxBodyBytes = MAX_BODY_BYTES, trustedOrigin } = each
  const letIn: RequestHandler = async (req, res, next) => {
    if (scope !== 'none') {
      const isTrusted = trustedOrigin !== undefined && req.headers.origin === trustedOrigin
      const caller = await authenticate({ ...asking(each, req), isTrusted }, scope)
      res.locals.caller = caller
      setAll(res, await limits.takeOfCaller(caller.keyId))
    } else if (tag !== OPERATION) setAll(res, await limits.takeOfOpen(req.ip ?? ''))
    next()
  }
  const answer: RequestHandler = async (req, res) => {
    const caller: Caller = res.locals.caller ?? NOBODY
    const call = readCall(each, req, caller, mayGoOn(authenticate, asking(each, req), scope))
    const reply = await record(each, call, () => each.handle(call))
    if (reply.stream) await sendStream(req, res, reply, reply.stream)
    else send(res, reply)
  }
  return body ? [letIn, bodyReader(maxBodyBytes), answer] : [letIn, answer]
}

function setAll(res: Response, headers: Record<string, string>): void {
  for (const name in headers) res.setHeader(name, headers[name] ?? '')
}

/** The header says more than the query: what a program sends was meant. */
function asking({ tenantInQuery = false }: Route, { method, headers, secure, query, ip = '' }: Request): Asking {
  const named = tenantInQuery && typeof query['tenantId'] === 'string' ? { 'herald-tenant': query['tenantId'] } : {}
  return { method, secure, address: ip, headers: { ...named, ...headers } }
}

/** What of MongoDB's absence is an answer to nothing: only a refusal ends what is under way. */
const mayGoOn = (authenticate: Authenticate, request: Asking, scope: Route['scope']) => async (): Promise<boolean> => {
  if (scope === 'none') return true
  try {
    await authenticate({ ...request, headers: { ...request.headers, [BACKGROUND_HEADER]: 'true' } }, scope)
    return true
  } catch (error) {
    return !(error instanceof Problem)
  }
}

function readCall({ params, query, body, bodyShown }: Route, req: Request, caller: Caller, mayGoOn: Call['mayGoOn']): Call {
  const source = body ? jsonText(req) : ''
  const value = body ? parseJson(source) : undefined
  // What is published is the publisher's own: it is kept as it stands.
  if (body && !bodyShown) refuseAmbiguous(source)
  return {
    ...caller,
    params: params ? parse(params, req.params) : {},
    query: query ? parse(query, req.query) : {},
    body: body ? parse(body, value) : undefined,
    source,
    header: (name) => req.get(name),
    mayGoOn,
    from: { address: req.ip ?? '', url: `${req.protocol}://${req.get('host') ?? ''}`, isSecure: req.secure },
  }
}

function refuseMethod(routes: Route[]): RequestHandler {
  const methods = routes.map(({ method }) => method.toUpperCase())
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
  return (req) => {
    const detail = `${req.method} is not allowed here; allowed: ${allow}.`
    throw new Problem('method-not-allowed', detail, { headers: { Allow: allow } })
  }
}

export function send(res: Response, { status, body, text, contentType, headers }: Reply): void {
  const content = text ?? (body === undefined ? undefined : JSON.stringify(body))
  if (content === undefined) {
    res.writeHead(status, { ...NO_STORE, ...headers }).end()
    return
  }
  res.writeHead(status, {
    ...NO_STORE,
    'Content-Type': contentType ?? 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(content),
    ...headers,
  })
  res.end(content)
}

export function sendProblem(res: Response, body: ProblemBody, headers: Record<string, string> = {}): void {
  send(res, { status: body.status, body, contentType: 'application/problem+json; charset=utf-8', headers })
}
