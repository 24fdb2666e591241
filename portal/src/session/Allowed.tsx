import type { ReactNode } from 'react'
import { PageHead, PortalLink } from '../parts/PageHead'
import { Card, Empty } from '../parts/states'
import { useMay, useSignedIn } from './session'

type What = keyof ReturnType<typeof useMay>

const WHO: Record<What, string> = {
  data: 'an operator or an administrator',
  retry: 'an operator or an administrator',
  manage: 'an administrator',
  publish: 'an administrator',
  access: 'an administrator',
  erase: 'an administrator',
  reveal: 'an administrator',
  admin: 'an administrator of every tenant',
}

/** Why a button is not there. */
export function useRefusal(what: What): string | undefined {
  const may = useMay()
  const { user } = useSignedIn()
  return may[what] ? undefined : `Your role here, ${user.role ?? 'unknown'}, does not allow it: ask ${WHO[what]}.`
}

/** A page for those who may do what it is for. Others are told, whatever led them here. */
export function Allowed({ what, title, children }: { what: What; title: string; children: ReactNode }) {
  const refusal = useRefusal(what)
  if (refusal === undefined) return children
  return (
    <>
      <PageHead title={title} />
      <Card>
        <Empty title="You may not do this" action={<PortalLink to="/operations/webhook">To the webhooks</PortalLink>}>
          {refusal}
        </Empty>
      </Card>
    </>
  )
}

export function PublishLink() {
  return useMay().publish ? <PortalLink to="/events/publish">Publish a test</PortalLink> : null
}
