import pLimit from 'p-limit'
import { ADMIN_KEY } from '../support/herald'
import { useScene } from '../support/scene'
import { operationsOf, pathFor, type Operation } from './operations'
import { inQuery, operatorObjects, WIDEST } from './operator-payloads'
import { tell } from './tally'
import { newKey, openBank, signInTo, type FullBank } from './two-banks'

const TRIES = 10_000
const SEED = 20_261_124

const scene = useScene()
let mine: FullBank
let theirs: FullBank
beforeAll(async () => {
  const receiver = await scene.receiver(500)
  ;[theirs, mine] = await Promise.all([openBank(scene.herald.url, 'bank-a', receiver.url), openBank(scene.herald.url, 'bank-b', receiver.url)])
})

/** Where of an operation something can be put. */
interface Place {
  operation: Operation
  where: 'path' | 'query' | 'header' | 'body'
  name: string
}
interface Try {
  url: string
  headers: Record<string, string>
  body?: string
}

function placesOf(operation: Operation): Place[] {
  const parameters = operation.parameters.map(({ name, in: where }) => ({ operation, where, name }))
  const inBody = operation.body === undefined ? [] : [...operation.fields, 'id', '$where', ''].map((name) => ({ operation, where: 'body' as const, name }))
  return [...parameters, ...inBody]
}

function put({ operation, where, name }: Place, json: string, form: number): Try {
  const ids: Record<string, string[]> = { ...mine.ids, '/v1/tenants': [mine.tenantId], '/v1/event-types': ['1'] }
  const [id = 'none'] = ids[operation.path.split('/{')[0] ?? ''] ?? []
  const url = pathFor(operation, where === 'path' ? json : id)
  const body = JSON.stringify(operation.body)
  const withBody = body === undefined ? {} : { body }
  if (where === 'query') return { url: `${url}${url.includes('?') ? '&' : '?'}${inQuery(name, json, form)}`, headers: {}, ...withBody }
  if (where === 'header') return { url, headers: { [name.toLowerCase()]: json.replaceAll(/[^\x20-\x7e]/g, '') }, ...withBody }
  // As text, so that `__proto__` is sent as it stands; the whole body, where there is no name.
  if (where === 'body') return { url, headers: {}, body: name === '' ? json : withField(operation.body, name, json) }
  return { url, headers: {}, ...withBody }
}

function withField(body: unknown, name: string, json: string): string {
  const rest = Object.entries(body as object).filter(([field]) => field !== name)
  return `{${[...rest.map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`), `${JSON.stringify(name)}:${json}`].join(',')}}`
}

/** Fields whose content is the caller's own, kept and never asked with. */
const FREE = ['data', 'schema', 'headers']

it('10,000 generated operators in every parameter widen nothing, and none is a mistake of the server', async () => {
  const operations = (await operationsOf(scene.herald.url)).filter(({ path }) => !/\/(stream|live)$/.test(path))
  const places = operations.flatMap(placesOf)
  const callers = await openCallers()
  const foreign = Object.values(theirs.ids).flat()
  const { webhooks } = scene.herald.herald.context.store.models
  const theirRecords = async (): Promise<string> => {
    const query = { $or: [{ tenantId: 'bank-a' }, { 'grants.tenantId': 'bank-a' }, { _id: 'bank-a' as never }] }
    // Without the marks that Herald itself sets and takes away.
    const projection = { status: 1, url: 1, sealed: 1, scopes: 1, revokedAt: 1, grants: 1, name: 1 }
    const all = ['webhooks', 'deliveries', 'apiKeys', 'users', 'tenants', 'legalHolds'].map((name) => webhooks.db.collection(name).find(query, { projection }).sort({ _id: 1 }).toArray())
    return JSON.stringify(await Promise.all(all))
  }
  const before = await theirRecords()
  const generated = operatorObjects(TRIES, SEED).map((json, i) => ({ json, place: places[i % places.length] as Place, form: Math.floor(i / places.length) }))
  const filters = places.filter(({ where, name }) => where === 'query' && !PAGING.includes(name))
  const widest = filters.flatMap((place) => WIDEST.flatMap((json) => [1, 2].map((form) => ({ json, place, form }))))
  const limit = pLimit(24)
  const statuses: Record<number, number> = {}
  const answers = new Map<Place, Set<number>>()

  const ask = (place: Pick<Place, 'operation' | 'name'>, { url, headers, body }: Try) =>
    fetch(scene.herald.url + url, {
      method: place.operation.method,
      headers: { ...callers.of(place), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body }),
    })

  async function attempt({ json, place, form }: { json: string; place: Place; form: number }): Promise<void> {
    const { operation, where, name } = place
    const { url, headers, body } = put(place, json, form)
    const response = await ask(place, { url, headers, ...(body !== undefined && { body }) })
    const text = await response.text()
    const { status } = response
    statuses[status] = (statuses[status] ?? 0) + 1
    const what = `${operation.method} ${url} ${JSON.stringify(headers)} ${body ?? ''} -> ${status} ${text.slice(0, 300)}`
    answers.set(place, (answers.get(place) ?? new Set()).add(status))
    if (status === 401 || status === 403) throw new Error(`who asks was refused, and not what was asked: ${what}`)
    if (status >= 500) throw new Error(`a mistake of the server: ${what}`)
    if (foreign.some((id) => text.includes(id) && !url.includes(id))) throw new Error(`another tenant is seen: ${what}`)
    const isAsked = where === 'query' || where === 'path'
    if (isAsked && status === 200 && name !== 'cursor' && !isNothing(text) && !isItself(name, text, json)) throw new Error(`a condition was widened: ${what}`)
    if (where === 'body' && status < 300 && !FREE.includes(name)) throw new Error(`an operator was taken for a value: ${what}`)
  }

  // Where there is nothing to see, nothing widened would be seen.
  const lists = new Set(filters.map(({ operation }) => operation).filter(({ method }) => method === 'GET'))
  for (const list of lists) {
    // Statistics come later.
    if (list.path === '/v1/stats') continue
    const seen = await ask({ operation: list, name: '' }, { url: pathFor(list, 'none'), headers: {} })
    expect([list.path, seen.status, isNothing(await seen.text())]).toEqual([list.path, 200, false])
  }
  const payloads = [...widest, ...generated]
  await Promise.all(payloads.map((each) => limit(() => attempt(each))))

  expect(await theirRecords()).toBe(before)
  // A 400 says that it was no such value; by any other, it was one, and looked for as it stands.
  const lookedFor = (which: Place['where']) => places.filter((place) => place.where === which && [200, 204, 404].some((status) => answers.get(place)?.has(status)))
  const ids = places.filter(({ where, operation }) => where === 'path' && operation.path !== NUMBERED)
  expect(lookedFor('path')).toEqual(ids)
  expect(lookedFor('query').length).toBeGreaterThan(15)
  const shown = Object.entries(statuses).map(([status, count]) => `${status}: ${count}`).join(', ')
  tell({ kind: `operators in ${places.length} parameters of ${operations.length} operations`, tried: payloads.length, refused: payloads.length, figure: `answered ${shown}; looked for as values in ${lookedFor('query').length} filters and ${ids.length} ids` })
}, 900_000)

/** For each operation somebody who may do it: who is refused for who they are reaches no query. */
async function openCallers() {
  const { key } = await newKey(mine.admin)
  const person = await signInTo(mine, { role: 'administrator', everyTenant: true })
  const operator = { authorization: `Bearer ${ADMIN_KEY}` }
  return {
    of: ({ operation: { scope }, name }: Pick<Place, 'operation' | 'name'>): Record<string, string> => {
      if (scope === 'session') return person
      // Where it is the tenant that is tried, no other is named.
      if (/tenant/i.test(name)) return operator
      return scope === 'admin' ? { ...operator, 'herald-tenant': mine.tenantId } : { authorization: `Bearer ${key}` }
    },
  }
}

/** Event types have numbers, which no text is. */
const NUMBERED = '/v1/event-types/{id}'

/** Where in a list one is, and not what it has. */
const PAGING = ['cursor', 'limit']

const COUNTS = ['delivered', 'failed', 'parked']

/** What has the text itself for its id: entities may have any. */
const isItself = (name: string, text: string, json: string): boolean => name === 'entityId' && Object(JSON.parse(text)).entityId === json

/** An empty list or export, or a count of none; of an export the first line says it. */
function isNothing(text: string): boolean {
  if (text === '') return true
  const { data, count, totals }: { data?: unknown[]; count?: number; totals?: Record<string, number> } = Object(JSON.parse(text.split('\n', 1)[0] ?? ''))
  if (totals) return Object.entries(totals).every(([name, value]) => value === 0 || typeof value !== 'number' || !COUNTS.includes(name))
  return data?.length === 0 || count === 0
}
