import type { FaultPoints } from '../faults'
import type { AuditStore } from '../store/audit'
import { isStoreAway } from '../store/errors'
import { DEFAULT_TENANT } from '../domain/tenant'
import type { Actor, AuditEntry } from '../domain/audit'
import { Problem } from './problem'
import type { Call, Caller, Reply, Route } from './route'

export type RecordCall = (route: Route, call: Call, work: () => Promise<Reply>) => Promise<Reply>

export interface RecordDeps {
  audit: Pick<AuditStore, 'begin' | 'append'>
  faults: FaultPoints
}

/**
 * Writes that a handler is entered, runs it, and writes how it ended before that is answered: no change is without
 * a line, wherever a process is killed. Reads are not written, nor what only counts; nor is publishing, whose record is the event itself.
 */
export function createRecord({ audit, faults }: RecordDeps): RecordCall {
  return async (route, call, work) => {
    const { method, audited: which = method !== 'get' } = route
    const audited = typeof which === 'function' ? which(call) : which
    if (!audited) return work()
    const begun = audited === 'at its end' ? undefined : await audit.begin(entryOf(route, call))

    async function end(status: number, { body, done }: Pick<Reply, 'body' | 'done'> = {}): Promise<void> {
      faults('before-audit-end')
      const entry = entryOf(route, call, { body, done })
      await audit.append({ ...entry, status, ...(begun !== undefined && { begun }), ...(done?.changes?.length && { changes: done.changes }) })
    }

    try {
      const reply = await work()
      await end(reply.status, reply)
      return reply
    } catch (error) {
      if (error instanceof Problem) await end(error.body.status, error.about && { done: error.about })
      // Where the store is away, the first line stands alone: what became of the change is not known.
      else if (!isStoreAway(error)) await end(500).catch(() => undefined)
      throw error
    }
  }
}

function entryOf({ method, path }: Route, call: Call, { body, done }: Pick<Reply, 'body' | 'done'> = {}): AuditEntry {
  return {
    // What belongs to no tenant is in the book of the one that operates Herald.
    tenantId: (done?.tenantId ?? call.tenantId) || DEFAULT_TENANT,
    at: new Date(),
    actor: done?.actor ?? actorOf(call),
    action: `${method.toUpperCase()} ${path}`,
    target: [...new Set([...targetOf(call, body), ...(done?.targets ?? [])])],
    fields: fieldsOf(call.body),
    from: call.from.address,
  }
}

export function actorOf({ keyId, session }: Caller): Actor {
  if (keyId === '') return { kind: 'nobody', id: '' }
  if (!session) return { kind: 'key', id: keyId }
  return { kind: session.link ? 'link' : 'user', id: keyId }
}

const ID = /^[\w.:-]{1,256}$/

/** The ids of the path, or that of what was made. */
function targetOf({ params, body: asked }: Call, answered: unknown): string[] {
  const ids = Object.values(Object(params) as object).map(String)
  const { id, entityId }: { id?: unknown; entityId?: unknown } = Object(answered)
  // What was refused tells nothing of what it was about.
  const about = entityId ?? (Object(asked) as { entityId?: unknown }).entityId
  const made = ids.length > 0 ? [] : [id, about].filter((each) => typeof each === 'string' || typeof each === 'number').map(String)
  return [...ids, ...made].filter((each) => ID.test(each))
}

const fieldsOf = (body: unknown): string[] => (typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body).slice(0, 50) : [])
