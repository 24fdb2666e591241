import type { z } from 'zod'
import type { Actor, FieldChange } from '../domain/audit'
import type { Scope } from '../domain/api-key'
import type { LiveSession } from '../portal/sessions'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** Who asks, and for which tenant. */
export interface Caller {
  tenantId: string
  /** The id of the API key, `admin` for the admin key; of a session, that of the user or the portal link. */
  keyId: string
  /** What they may do in that tenant. */
  scopes: readonly Scope[]
  /** None where an API key asks. */
  session?: LiveSession
}

/** Where a request comes from. */
export interface Origin {
  /** The caller's IP address, as far as the proxies before Herald are trusted to tell it. */
  address: string
  /** Scheme and host that the caller used. */
  url: string
  isSecure: boolean
}

/** A request that was let in and whose parts have passed their schemas. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> extends Caller {
  params: Params
  query: Query
  body: Body
  /** The JSON text that `body` was read from, as it came; empty when the route takes no body. */
  source: string
  header: (name: string) => string | undefined
  /** Whether the caller may still do this: of answers that take long. It is no use of a session. */
  mayGoOn: () => Promise<boolean>
  from: Origin
  /** Of a change that waits for a second person, or has been approved by one. */
  given?: Given
}

/** What was settled when a change was asked for, and holds when it is made. */
export interface Given {
  /** Of a new webhook. */
  newId?: string
  /** The new signing secret, shown to who has asked. */
  secret?: string
  isApproved?: true
  /** Called with what the change is made upon, as it is read for that: throws a 409 where it was planned upon another. */
  mustStandOn?: (state: unknown) => void
}

/** A change before it is made. */
export interface Planned {
  /** The ids of what it is about. */
  targets: string[]
  /** What people call that. */
  about: string
  changes: FieldChange[]
  /** What it is planned upon, as JSON: where that is another one later, so would the change be. */
  state: unknown
  /** It makes a new signing secret. */
  needsSecret?: boolean
}

/** How a route says what it would do, for a second person to look at. */
export interface Plan {
  /** Nothing where it needs no second person. Refuses what the route would refuse. */
  make(call: Call): Promise<Planned | undefined>
  /** Whose setting counts; the caller's tenant when not given. */
  tenantOf?(call: Call): string
}

export interface Reply {
  status: number
  /** Answered as JSON. */
  body?: unknown
  /** Answered as it is, instead of `body`. */
  text?: string
  /** Answered piece by piece, as fast as it is taken; `ended` is aborted when nobody takes it any more. */
  stream?: (ended: AbortSignal) => AsyncIterable<string>
  /** Of `text` or `stream`; JSON when none is given. */
  contentType?: string
  headers?: Record<string, string | string[]>
  /** For the audit log, where only the handler knows it. */
  done?: { tenantId?: string; actor?: Actor; changes?: FieldChange[]; targets?: string[] }
}

/** An answer as the OpenAPI document tells it. */
export interface Answer {
  description: string
  schema?: z.ZodType
  contentType?: string
  /** Further types in which it can be had. */
  others?: string[]
}

interface About {
  method: Method
  /** `/v1/webhooks/{id}` */
  path: string
  /** What the caller must be allowed to; `none` needs no key, `session` somebody who has signed in. */
  scope: Scope | 'none' | 'session'
  tag: string
  summary: string
  description?: string
  /** Request headers that the route reads, with what they are for. */
  headers?: Record<string, string>
  /** The body as the document shows it, when the schema that reads it says less. */
  bodyShown?: z.ZodType
  maxBodyBytes?: number
  /** A site whose scripts may call it with a session, and without that session's token. */
  trustedOrigin?: string | undefined
  /** Its query may name the tenant (`tenantId`) as the header does: of what a browser fetches by a link. */
  tenantInQuery?: boolean
  /** Whether a call is written to the audit log, before and after; else whatever is no GET is. One that strangers make in any number: when it has ended. */
  audited?: boolean | 'at its end' | ((call: Call) => boolean)
  responses: Record<number, Answer>
  /** Problems beside those that every route has. */
  problems?: number[]
}

/** A route whose parts have been checked against each other; the types of its parts are forgotten. */
export interface Route extends About {
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  plan?: Plan
  handle(call: Call): Promise<Reply>
}

interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> extends About {
  params?: P
  query?: Q
  body?: B
  /** Where a tenant asks for a second person. */
  plan?: { make(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Planned | undefined>; tenantOf?(call: Call<z.output<P>, z.output<Q>, z.output<B>>): string }
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Reply>
}

/** One line of the API: what Express serves and what `/openapi.json` says are made from it. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(spec: RouteSpec<P, Q, B>): Route {
  // Sound because the parts are read with the spec's own schemas before `handle` is called.
  return spec
}
