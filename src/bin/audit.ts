import { createApi } from './users'

interface Verdict {
  whole: boolean
  lines?: number
  lastHash?: string
  open?: number[]
  brokenAt?: number
  why?: string
}

/** Says of each tenant whether its audit log is as it was written; the exit code says it of all. */
export async function verifyAudit({ url }: { url?: string }): Promise<void> {
  for (const tenant of await tenants(url)) {
    const api = await createApi({ tenant, ...(url !== undefined && { url }) })
    const { whole, lines = 0, lastHash = '', open = [], brokenAt, why } = await api<Verdict>('GET', '/v1/audit/verify')
    if (!whole) process.exitCode = 1
    const begun = open.length === 0 ? '' : `\tbegun, without an end on record: ${open.join(', ')}`
    process.stdout.write(whole ? `${tenant}\twhole\t${lines} lines\t${lastHash}${begun}\n` : `${tenant}\tBROKEN\tline ${String(brokenAt)}: ${String(why)}\n`)
  }
}

async function tenants(url: string | undefined): Promise<string[]> {
  const api = await createApi({ tenant: 'default', ...(url !== undefined && { url }) })
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await api<{ data: { id: string }[]; nextCursor?: string }>('GET', `/v1/tenants?limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`)
    ids.push(...page.data.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}
