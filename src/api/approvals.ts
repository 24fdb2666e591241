import { z } from 'zod'
import { APPROVAL_STATUSES, whyNotApprove, type Approval } from '../domain/approval'
import type { ApprovalStore, Decision } from '../store/approvals'
import { parseJson } from './body'
import { parse } from './parse'
import type { Persons } from './persons'
import { found, Problem } from './problem'
import { route, type Call, type Reply, type Route } from './route'
import { approvalView, sealedRequest, stateOf, toApprovalView, type SealedRequest } from './second-person'
import { listOf, paging } from './views'

export interface ApprovalDeps {
  approvals: ApprovalStore
  persons: Persons
  /** Those that changes wait for, as they are without waiting. */
  planned: () => Route[]
  /** Whether a change can be asked for here: what cannot, is not made by way of an approval either. */
  isServed: (route: Route) => boolean
}

const params = z.object({ id: z.string() })
type ById = Call<z.output<typeof params>>
const rejectInput = z.strictObject({ reason: z.string().max(1_000).optional().describe('For whoever has asked.') })
const query = z.strictObject({
  status: z.enum(APPROVAL_STATUSES).optional(),
  target: z.string().max(256).optional().describe('About this id alone, such as a webhook.'),
  ...paging.shape,
})

export function approvalRoutes({ approvals, persons, planned, isServed }: ApprovalDeps): Route[] {
  const about = { tag: 'Approvals' } as const
  return [
    route({
      ...about,
      method: 'get',
      path: '/v1/approvals',
      scope: 'read',
      summary: 'List changes that wait for a second person, or did',
      description: 'Where a tenant has `fourEyes`, changes of a webhook\'s URL or credentials, a new webhook and a new signing secret wait here. `mayApprove` says which the caller may approve.',
      query,
      responses: { 200: { description: 'A page of them, newest first.', schema: listOf(approvalView, 'ApprovalList') } },
      handle: async (call) => {
        const { cursor, limit, ...filter } = call.query
        const { data, nextCursor } = await approvals.list(call.tenantId, filter, { limit, ...(cursor !== undefined && { cursor }) })
        const decider = await persons.deciderOf(call)
        return { status: 200, body: { data: data.map((each) => toApprovalView(each, decider)), nextCursor } }
      },
    }),
    route({
      ...about,
      method: 'get',
      path: '/v1/approvals/{id}',
      scope: 'read',
      summary: 'Look at a change that waits for a second person',
      params,
      responses: { 200: { description: 'The change.', schema: approvalView } },
      handle: async (call) => answer(call, await existing(call)),
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/approvals/{id}/approve',
      scope: 'manage',
      summary: 'Approve a change',
      description:
        'Does exactly what the approval shows. For users who have signed in: no key approves, the admin key neither. Whoever asked for it cannot, also where an API key asked that stands for them: a key stands for the user who made it, by however many keys in between, else for whoever has the admin key. Nor can who was let in less than 3 days before, or who let the asker in in that time. 409 when what it is about has changed meanwhile (it is `overtaken` then), or it does not wait any more. Takes the scope that the change itself takes.',
      params,
      responses: { 200: { description: 'Done.', schema: approvalView } },
      problems: [409],
      handle: approve,
    }),
    route({
      ...about,
      method: 'post',
      path: '/v1/approvals/{id}/reject',
      scope: 'manage',
      summary: 'Reject a change, or take back what one has asked for',
      description: '409 while it is being made, after somebody has approved it. Where Herald was stopped in the middle of that, the answer says `mayBeMade`.',
      params,
      body: rejectInput,
      responses: { 200: { description: 'Nothing was done, unless it says `mayBeMade`, and nothing will be.', schema: approvalView } },
      problems: [409],
      handle: reject,
    }),
  ]

  async function existing({ tenantId, params: { id } }: ById): Promise<Approval> {
    return found(await approvals.get(tenantId, id), 'approval', id)
  }

  async function answer(call: Call, approval: Approval, done: Reply['done'] = {}): Promise<Reply> {
    return { status: 200, body: toApprovalView(approval, await persons.deciderOf(call)), done: { ...done, targets: approval.targets } }
  }

  async function approve(call: ById): Promise<Reply> {
    const approval = await existing(call)
    mustWait(approval)
    const of = routeOf(approval)
    mayDo(call, of)
    if (!isServed(of)) throw new Problem('forbidden', `${approval.operation} is for operators: approve it at the port where they ask for it.`)
    const whyNot = whyNotApprove(approval, await persons.deciderOf(call))
    if (whyNot !== undefined) throw new Problem('forbidden', whyNot)
    const sealed = await approvals.take(call.tenantId, approval.id)
    if (sealed === undefined) throw new Problem('conflict', 'Somebody else decides it in this moment: look at it again in a minute.')
    const request = sealedRequest.parse(JSON.parse(sealed))
    const changes = await apply(call, approval, of, request)
    // The change is made, whatever anybody has written meanwhile.
    const made = (await approvals.decide(call.tenantId, approval.id, await decision(call, 'approved'))) ?? (await existing(call))
    return answer(call, made, changes)
  }

  /** With the very text that was sent; planned again, upon what is there now. */
  async function apply(call: ById, approval: Approval, of: Route, request: SealedRequest): Promise<Reply['done']> {
    const { id } = approval
    try {
      const again: Call = { ...call, ...requested(of, request) }
      const plan = await of.plan?.make(again).catch(asChanged)
      if (plan && stateOf(plan.state) === request.state) return (await of.handle(again)).done
    } catch (error) {
      // After any other error, such as that of a store that is away, the change may be made or not.
      if (error instanceof Problem) await approvals.putBack(call.tenantId, id, approval.applyingSince)
      throw error
    }
    await approvals.decide(call.tenantId, id, await decision(call, 'overtaken', perhapsOf(approval)))
    const perhaps = approval.applyingSince ? ' It was being made when Herald was stopped: look whether it was.' : ''
    throw new Problem('conflict', `What it is about has changed since ${approval.requestedAt.toISOString()}, so that it would not be what was shown. Ask for the change anew.${perhaps}`)
  }

  async function reject(call: Call<z.output<typeof params>, unknown, z.output<typeof rejectInput>>): Promise<Reply> {
    const approval = await existing(call)
    mustWait(approval)
    const decider = await persons.deciderOf(call)
    const whyNot = decider.person === approval.requestedBy.person ? undefined : whyNotApprove(approval, decider)
    if (whyNot !== undefined) throw new Problem('forbidden', whyNot)
    mayDo(call, routeOf(approval))
    const { reason } = call.body
    const rejected = await approvals.reject(approval, await decision(call, 'rejected', { ...(reason !== undefined && { reason }), ...perhapsOf(approval) }))
    if (!rejected) throw new Problem('conflict', 'It is being made in this moment, or somebody else has decided it: look at it again in a minute.')
    return answer(call, rejected)
  }

  async function decision(call: Call, status: Approval['status'], more: Pick<Decision, 'reason' | 'mayBeMade'> = {}): Promise<Decision> {
    return { status, decidedBy: await persons.deedOf(call), decidedAt: new Date(), ...more }
  }

  function routeOf({ operation }: Approval): Route {
    const of = planned().find(({ method, path }) => `${method.toUpperCase()} ${path}` === operation)
    if (!of) throw new Problem('conflict', `This Herald has no ${operation} any more: reject it.`)
    return of
  }
}

const requested = (of: Route, { params: given, source, newId, secret, state }: SealedRequest): Pick<Call, 'params' | 'body' | 'source' | 'given'> => ({
  params: of.params ? parse(of.params, given) : {},
  body: of.body ? parse(of.body, parseJson(source)) : undefined,
  source,
  given: { isApproved: true, mustStandOn: (now) => mustBeSame(stateOf(now), state), ...(newId !== undefined && { newId }), ...(secret !== undefined && { secret }) },
})

/** Another change was made in this moment, after this one was planned again. */
function mustBeSame(now: string, planned: string): void {
  if (now !== planned) throw new Problem('conflict', 'What it is about is being changed in this moment: look at it again.')
}

const perhapsOf = ({ applyingSince }: Approval): Pick<Decision, 'mayBeMade'> => (applyingSince ? { mayBeMade: true } : {})

/** What is not there any more has changed. */
function asChanged(error: unknown): undefined {
  if (error instanceof Problem && error.body.status === 404) return undefined
  throw error
}

function mustWait({ status }: Approval): void {
  if (status !== 'pending') throw new Problem('conflict', `It is ${status}, and waits no more.`, { members: { currentStatus: status } })
}

function mayDo({ scopes }: Call, { scope }: Route): void {
  if (scope === 'none' || scope === 'session' || scopes.includes('admin') || scopes.includes(scope)) return
  throw new Problem('forbidden', `This takes the scope "${scope}", as the change itself does; you have: ${scopes.join(', ')}.`)
}
