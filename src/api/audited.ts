import type { AuditStore } from '../store/audit'
import { DEFAULT_TENANT } from '../domain/tenant'
import type { Actor } from '../domain/audit'
import { Problem } from './problem'
import type { Call, Caller, Reply, Route } from './route'

export type RecordCall = (route: Route, call: Call, work: () => Promise<Reply>) => Promise<Reply>

/**
 * Runs a handler and writes what it did before it is answered: an answer that somebody saw has its line.
 * Reads are not written; nor is publishing, whose record is the event itself.
 */
export function createRecord(audit: Pick<AuditStore, 'append'>): RecordCall {
  return async (route, call, work) => {
    const { method, path, audited = method !== 'get' } = route
    if (!audited) return work()

    async function write(status: number, { body, done }: Pick<Reply, 'body' | 'done'> = {}): Promise<void> {
      await audit.append({
        // What belongs to no tenant is in the book of the one that operates Herald.
        tenantId: (done?.tenantId ?? call.tenantId) || DEFAULT_TENANT,
        at: new Date(),
        actor: done?.actor ?? actorOf(call),
        action: `${method.toUpperCase()} ${path}`,
        target: targetOf(call, body),
        fields: fieldsOf(call.body),
        status,
        from: call.from.address,
      })
    }

    try {
      const reply = await work()
      await write(reply.status, reply)
      return reply
    } catch (error) {
      if (error instanceof Problem) await write(error.body.status)
      throw error
    }
  }
}

export function actorOf({ keyId, session }: Caller): Actor {
  if (keyId === '') return { kind: 'nobody', id: '' }
  if (!session) return { kind: 'key', id: keyId }
  return { kind: session.link ? 'link' : 'user', id: keyId }
}

const ID = /^[\w.:-]{1,256}$/

/** The ids of the path, or that of what was made. */
function targetOf({ params }: Call, body: unknown): string[] {
  const ids = Object.values(Object(params) as object).map(String)
  const { id, entityId }: { id?: unknown; entityId?: unknown } = Object(body)
  const made = ids.length > 0 ? [] : [id, entityId].filter((each) => typeof each === 'string' || typeof each === 'number').map(String)
  return [...ids, ...made].filter((each) => ID.test(each))
}

const fieldsOf = (body: unknown): string[] => (typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body).slice(0, 50) : [])
