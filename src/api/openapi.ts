import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { OPERATION } from './health'
import type { Answer, Route } from './route'
import { COOKIES, CSRF_HEADER } from './session-cookie'
import { named, problem } from './views'

type Json = Record<string, unknown>
type JsonSchema = z.core.JSONSchema.BaseSchema

/** Of the API, which grows and does not break. Which Herald serves it, nobody is told without a key. */
const API_VERSION = '1'

/** Tells the routes as OpenAPI 3.1, from the very schemas that check the requests. */
export function createOpenApi(routes: Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Herald', version: API_VERSION, description: ABOUT, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'hrld_<key id>_<secret>' },
        session: { type: 'apiKey', in: 'cookie', name: COOKIES.user, description: SESSION },
      },
      schemas: components(),
    },
  }
}

const ABOUT = `Herald delivers a bank's events to its customers' webhooks.

Unless it says otherwise, a route needs an API key, \`Authorization: Bearer <key>\`, or the session of somebody who has signed in. Its scopes are named at each route; \`admin\` implies all. This document and \`/docs\` are open as well: they hold no data. The admin key, and keys with the scope \`admin\`, act for another tenant with the header \`Herald-Tenant: <id>\`; a user does for every tenant in which they have a role.

Where the operators have set limits, \`RateLimit-Policy\` and \`RateLimit\` say how many requests are left (draft-ietf-httpapi-ratelimit-headers), and 429 says in \`Retry-After\` when to try again.

Problems are answered as \`application/problem+json\` (RFC 9457) and say what to do. Lists are \`{ data, nextCursor }\`.`

const SESSION = `Of a user, made by \`POST /v1/session\`, or of a portal link, whose cookie is \`${COOKIES.guest}\`. Over TLS the names begin with \`__Host-\`. The role gives the scopes: viewer has \`read\`, operator also \`retry\`, administrator also \`publish\`, \`manage\` and \`access\`, and an administrator of every tenant \`admin\`. Every request but GET and HEAD needs the header \`${CSRF_HEADER}\` with the session's \`csrfToken\`.`

function operation(route: Route): Json {
  const { method, path, scope, tag, summary, description, bodyShown, body } = route
  const shown = bodyShown ?? body
  const needs = scope === 'none' || scope === 'session' ? [] : [`Needs the scope \`${scope}\`.`]
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    description: [description, ...needs].filter(Boolean).join('\n\n'),
    security: security(scope),
    parameters: parameters(route),
    ...(shown && { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(shown) } } } }),
    responses: responses(route),
  }
}

function security(scope: Route['scope']): Json[] {
  if (scope === 'none') return []
  return scope === 'session' ? [{ session: [] }] : [{ apiKey: [scope] }, { session: [scope] }]
}

/** `post /v1/webhooks/{id}/pause` is `postWebhooksIdPause`. */
function operationId(method: string, path: string): string {
  const words = path.replace(/^\/v1/, '').match(/\w+/g) ?? []
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function parameters({ params, query, headers = {}, scope }: Route): Json[] {
  const tenant = scope === 'none' ? {} : { 'Herald-Tenant': 'The tenant to act for: of admin keys, and of users with a role in it.' }
  const inHeader = Object.entries({ ...headers, ...tenant }).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
  return [...fields(params, 'path'), ...fields(query, 'query'), ...inHeader]
}

function fields(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = toJsonSchema(schema)
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = typeof property === 'boolean' ? {} : property
    return { name, in: place, required: required.includes(name), ...(description && { description }), schema: rest }
  })
}

/** 404 also says that there is no such tenant. */
function responses({ responses: own, problems = [], scope, tag, query, body, params }: Route): Json {
  const isLimited = scope !== 'none' || tag !== OPERATION
  const always = [...(scope === 'none' ? [] : [401, 403, 404, 503]), ...(isLimited ? [429] : []), ...(query || body || params ? [400] : []), ...(body ? [413, 415] : [])]
  const answers: [number, Answer][] = [...new Set([...always, ...problems])].map((status) => [
    status,
    { description: STATUS_CODES[status] ?? 'Problem', schema: problem, contentType: 'application/problem+json' },
  ])
  const all = new Map([...answers, ...Object.entries(own).map(([status, answer]) => [Number(status), answer] as const)])
  return Object.fromEntries([...all].toSorted(([a], [b]) => a - b).map(([status, answer]) => [status, response(answer)]))
}

function response({ description, schema, contentType = 'application/json', others = [] }: Answer): Json {
  if (!schema) return { description, ...(contentType !== 'application/json' && { content: Object.fromEntries([contentType, ...others].map((each) => [each, {}])) }) }
  const text = others.map((other) => [other, { schema: { type: 'string' } }] as const)
  return { description, content: { [contentType]: { schema: schemaOf(schema) }, ...Object.fromEntries(text) } }
}

const uri = (id: string): string => `#/components/schemas/${id}`

function schemaOf(schema: z.ZodType): JsonSchema {
  const name = named.get(schema)?.id
  return name === undefined ? toJsonSchema(schema) : { $ref: uri(name) }
}

/** What callers write, not what it is read into: durations stay text. */
const OPTIONS = { io: 'input', unrepresentable: 'any' } as const

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, OPTIONS)
  return rest
}

function components(): Json {
  const { schemas } = z.toJSONSchema(named, { ...OPTIONS, uri })
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _dialect, $id: _id, ...rest }]) => [id, rest]))
}
