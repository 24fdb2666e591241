import { z } from 'zod'
import type { AuditLine } from '../domain/audit'
import { csvLine } from '../domain/csv'
import type { AuditFilter, AuditStore } from '../store/audit'
import { route, type Route } from './route'
import { instant, listOf, named, paging, time } from './views'

export interface AuditDeps {
  audit: Pick<AuditStore, 'list' | 'after' | 'verify'>
}

const MOST_EXPORTED = 10_000
export const NEXT_HEADER = 'Herald-Next-After'

export const fieldChange = z.object({
  field: z.string(),
  before: z.string().optional().describe('As JSON, shortened where it is long; none where there was none.'),
  after: z.string().optional(),
  hidden: z.literal(true).optional().describe('It is set to something that is never shown.'),
})
named.add(fieldChange, { id: 'FieldChange' })

const view = z.object({
  number: z.int().describe('Counts from 1 without a gap.'),
  at: time,
  actor: z.object({ kind: z.enum(['key', 'user', 'link', 'nobody']), id: z.string() }).describe('The id of the API key (`admin`: the admin key), the user or the portal link.'),
  action: z.string().describe('The operation, such as `POST /v1/webhooks/{id}/pause`.'),
  target: z.array(z.string()).describe('The ids that it was about.'),
  fields: z.array(z.string()).describe('The fields that were sent; never their values.'),
  status: z.int().optional().describe('The HTTP status that was answered. None: the change was begun, and its end is not on record, because it is under way, or because Herald was killed, or its store was away, in the middle of it. Look at what it was about.'),
  from: z.string().describe('The IP address that it came from.'),
  begun: z.int().optional().describe('The number of the line that was written before it was begun.'),
  changes: z
    .array(fieldChange)
    .optional()
    .describe('What became of which field, where it is one that the thing itself shows.'),
  hash: z.string().describe('Over this line and the hash of the one before.'),
})
named.add(view, { id: 'AuditLine' })

const filters = {
  action: z.string().max(200).optional().describe('Of this operation alone: `PATCH /v1/webhooks/{id}`.'),
  actor: z.string().max(100).optional().describe('By this key, user or portal link alone.'),
  target: z.string().max(256).optional().describe('About this id alone.'),
  address: z.string().max(64).optional().describe('From this IP address alone.'),
  from: instant.describe('Not before this time.'),
  to: instant.describe('Before this time.'),
}
const number = z
  .string()
  .regex(/^\d{1,12}$/, 'must be the number of a line')
  .transform(Number)
  .default(0)
  .describe('Only lines with a higher number.')
const listQuery = z.strictObject({ ...filters, ...paging.shape })
const exportQuery = z.strictObject({ ...filters, after: number, format: z.enum(['csv', 'ndjson'], { error: 'must be csv or ndjson' }).default('ndjson') })

const verdict = z.object({
  whole: z.boolean(),
  lines: z.int().optional(),
  lastHash: z.string().optional().describe('Note it elsewhere: a later look that finds another hash at that number shows that the book was written anew.'),
  open: z.array(z.int()).optional().describe('The lines, the newest up to 1,000, of what was begun and has no end on record.'),
  brokenAt: z.int().optional().describe('The number of the first line that is not as it was written.'),
  why: z.string().optional(),
})
named.add(verdict, { id: 'AuditVerdict' })

export function auditRoutes({ audit }: AuditDeps): Route[] {
  const about = { method: 'get', scope: 'access', tag: 'Audit' } as const
  return [
    route({
      ...about,
      path: '/v1/audit',
      summary: 'Who did what, when and from where',
      description: 'Every change, retry, release and sign-in of the tenant, with what was answered. A line is written before a change is begun; it is listed as long as there is none of its end. In the tenant `default` also what belongs to no tenant.',
      query: listQuery,
      responses: { 200: { description: 'A page of lines, newest first.', schema: listOf(view, 'AuditList') } },
      handle: async ({ tenantId, query: { cursor, limit, ...rest } }) => {
        const { data, nextCursor } = await audit.list(tenantId, toFilter(rest), { limit, ...(cursor !== undefined && { cursor }) })
        return { status: 200, body: { data: data.map(toView), nextCursor } }
      },
    }),
    route({
      ...about,
      path: '/v1/audit/export',
      summary: 'Export the audit log',
      description: `Every line of the book, those of what was begun too, oldest first: a JSON object each, or a row of CSV (RFC 4180; a text that a spreadsheet would take for a formula has an apostrophe before it); up to ${MOST_EXPORTED.toLocaleString('en')}; where there are more, the header \`${NEXT_HEADER}\` has the \`after\` of the next part.`,
      query: exportQuery,
      responses: { 200: { description: 'The lines.', contentType: 'application/x-ndjson', others: ['text/csv'] } },
      handle: async ({ tenantId, query: { after, format, ...rest } }) => {
        const lines = await audit.after(tenantId, toFilter(rest), after, MOST_EXPORTED)
        const next = lines.length === MOST_EXPORTED ? lines.at(-1)?.number : undefined
        return {
          status: 200,
          ...FORMATS[format](lines.map(toView), after === 0),
          ...(next !== undefined && { headers: { [NEXT_HEADER]: String(next) } }),
        }
      },
    }),
    route({
      ...about,
      path: '/v1/audit/verify',
      summary: 'Has a line been changed or removed?',
      description: 'Reads the whole book of the tenant.',
      responses: { 200: { description: 'Whether it is as it was written.', schema: verdict } },
      handle: async ({ tenantId }) => {
        const found = await audit.verify(tenantId)
        const body = found.kind === 'whole' ? { whole: true, lines: found.lines, lastHash: found.lastHash, open: found.open } : { whole: false, brokenAt: found.line, why: found.why }
        return { status: 200, body }
      },
    }),
  ]
}

type View = z.infer<typeof view>
type Format = (lines: View[], isFirst: boolean) => { text: string; contentType: string }

const FORMATS: Record<'csv' | 'ndjson', Format> = {
  ndjson: (lines) => ({ text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), contentType: 'application/x-ndjson' }),
  csv: (lines, isFirst) => ({ text: (isFirst ? csvLine(COLUMNS) : '') + lines.map(toRow).join(''), contentType: 'text/csv; charset=utf-8' }),
}

const COLUMNS = ['number', 'at', 'actorKind', 'actorId', 'action', 'target', 'fields', 'status', 'from', 'begun', 'changes', 'hash']

const toRow = ({ number: n, at, actor, action, target, fields, status, from, begun, changes, hash }: View): string =>
  csvLine([n, at, actor.kind, actor.id, action, target.join(' '), fields.join(' '), status, from, begun, changes && JSON.stringify(changes), hash])

type Asked = Omit<z.output<typeof listQuery>, 'cursor' | 'limit'>

const toFilter = ({ actor, ...rest }: Asked): AuditFilter => ({ ...rest, ...(actor !== undefined && { actorId: actor }) })

const toView = ({ tenantId, number, at, actor, action, target, fields, status, from, begun, changes, hash }: AuditLine): z.infer<typeof view> => ({
  number,
  at: at.toISOString(),
  actor,
  action,
  target,
  fields,
  ...(status !== undefined && { status }),
  from,
  // In the book of another tenant, its number says nothing here.
  ...(begun?.startsWith(`${tenantId}/`) && { begun: Number(begun.split('/')[1]) }),
  ...(changes && { changes }),
  hash,
})
