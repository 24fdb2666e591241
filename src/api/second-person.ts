import { createHash } from 'node:crypto'
import { z } from 'zod'
import { APPROVAL, APPROVAL_STATUSES, whyNotApprove, type Approval, type Decider } from '../domain/approval'
import { newId } from '../domain/ids'
import type { Notices } from '../notices/notices'
import type { ApprovalStore } from '../store/approvals'
import type { TenantStore } from '../store/tenants'
import { fieldChange } from './audit'
import type { Persons } from './persons'
import { Problem } from './problem'
import type { Call, Plan, Reply, Route } from './route'
import { named, time } from './views'

export interface SecondPersonDeps {
  approvals: ApprovalStore
  tenants: Pick<TenantStore, 'get'>
  persons: Persons
  notices: Pick<Notices, 'tellWaiting'>
  newSecret: () => string
}

const deed = z.object({
  kind: z.enum(['key', 'user', 'link', 'nobody']),
  id: z.string(),
  name: z.string().optional(),
  person: z.string().describe('Who answers for it: the user, or of an API key whoever made it; `admin` is whoever has the admin key, and which person that is Herald cannot tell.'),
})

export const approvalView = z.object({
  id: z.string(),
  status: z.enum(APPROVAL_STATUSES).describe('`overtaken`: what it was about had changed meanwhile, and nothing was done, unless `mayBeMade`.'),
  operation: z.string().describe('What is done when it is approved, such as `PATCH /v1/webhooks/{id}`.'),
  targets: z.array(z.string()).describe('The ids of what it is about.'),
  about: z.string(),
  changes: z.array(fieldChange).describe('What it changes, in full. Secrets are never shown: that they are given anew is.'),
  requestedBy: deed,
  requestedAt: time,
  expiresAt: time,
  decidedBy: deed.optional(),
  decidedAt: time.optional(),
  reason: z.string().optional(),
  mayBeMade: z.literal(true).optional().describe('It was being made when Herald was stopped, and is rejected or overtaken since: look whether it was made.'),
  mayApprove: z.boolean().describe('Whether the caller may.'),
  whyNot: z.string().optional(),
})
named.add(approvalView, { id: 'Approval' })

const proposedView = z.object({
  approval: approvalView,
  secret: z.string().optional().describe('The signing secret that counts once it is approved. Shown this once, to who asks for it.'),
})
named.add(proposedView, { id: 'ProposedChange' })

/** What is sealed: what is done when it is approved. */
export const sealedRequest = z.object({
  params: z.record(z.string(), z.string()),
  source: z.string(),
  newId: z.string().optional(),
  secret: z.string().optional(),
  /** Over what the change was planned upon. */
  state: z.string(),
})
export type SealedRequest = z.infer<typeof sealedRequest>

export const stateOf = (state: unknown): string => createHash('sha256').update(JSON.stringify(state)).digest('hex')

/** The routes, where those with a `plan` wait for a second person in tenants that ask for one. */
export function withSecondPerson(routes: Route[], deps: SecondPersonDeps): Route[] {
  return routes.map((each) => {
    const { plan } = each
    if (!plan) return each
    const responses = { ...each.responses, 202: { description: 'It waits for a second person: `POST /v1/approvals/{id}/approve`. Nothing is changed until then.', schema: proposedView } }
    return { ...each, responses, problems: [...new Set([...(each.problems ?? []), 409])], handle: async (call) => (await propose(each, plan, call, deps)) ?? each.handle(call) }
  })
}

/** Nothing where the change needs no second person. */
async function propose(route: Route, plan: Plan, call: Call, { approvals, tenants, persons, notices, newSecret }: SecondPersonDeps): Promise<Reply | undefined> {
  const tenantId = plan.tenantOf?.(call) ?? call.tenantId
  if (!(await tenants.get(tenantId))?.fourEyes) return undefined
  const given = { newId: newId('webhook'), secret: newSecret() }
  const planned = await plan.make({ ...call, given })
  if (!planned) return undefined
  if ((await approvals.countPending(tenantId)) >= APPROVAL.mostPending) {
    throw new Problem('conflict', `${APPROVAL.mostPending} changes wait for a second person already: have some of them approved or rejected first.`)
  }
  const { targets, about, changes, state, needsSecret } = planned
  const now = Date.now()
  const requestedBy = await persons.deedOf(call)
  const approval: Approval = {
    id: newId('approval'),
    tenantId,
    status: 'pending',
    operation: `${route.method.toUpperCase()} ${route.path}`,
    targets,
    about,
    changes,
    requestedBy,
    requestedAt: new Date(now),
    letInBy: await persons.letInBy(requestedBy.person, new Date(now)),
    expiresAt: new Date(now + APPROVAL.lastsMs),
  }
  const secret = needsSecret ? { secret: given.secret } : {}
  const request: SealedRequest = { params: call.params as Record<string, string>, source: call.source, newId: given.newId, ...secret, state: stateOf(state) }
  await approvals.insert(approval, JSON.stringify(request))
  await notices.tellWaiting(approval)
  const body = { approval: toApprovalView(approval, await persons.deciderOf(call)), ...secret }
  return { status: 202, body, done: { targets: [approval.id, ...targets] } }
}

export function toApprovalView({ tenantId: _tenantId, applyingSince: _since, letInBy: _by, ...approval }: Approval, decider: Decider): z.infer<typeof approvalView> {
  const { requestedAt, expiresAt, decidedAt, ...rest } = approval
  const whyNot = approval.status === 'pending' ? whyNotApprove(approval, decider) : `It is ${approval.status}.`
  return {
    ...rest,
    requestedAt: requestedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ...(decidedAt && { decidedAt: decidedAt.toISOString() }),
    mayApprove: whyNot === undefined,
    ...(whyNot !== undefined && { whyNot }),
  }
}
