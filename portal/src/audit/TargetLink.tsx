import type { ReactNode } from 'react'
import { PortalLink } from '../parts/PageHead'
import { Outside } from '../parts/visible'

/** An id of the audit log, as a link to the thing where there is a page of it. */
export function TargetLink({ id, action }: { id: string; action: string }) {
  const text = <Outside text={id} />
  const params = { id }
  const links: [boolean, ReactNode][] = [
    [id.startsWith('whk_'), <PortalLink key="w" size="sm" to="/operations/webhook/$id" params={params}>{text}</PortalLink>],
    [id.startsWith('dlv_'), <PortalLink key="d" size="sm" to="/operations/deliveries/$id" params={params}>{text}</PortalLink>],
    [id.startsWith('rel_'), <PortalLink key="r" size="sm" to="/operations/releases/$id" params={params}>{text}</PortalLink>],
    [id.startsWith('apr_'), <PortalLink key="a" size="sm" to="/operations/approvals" search={{ status: 'all' }}>{text}</PortalLink>],
    [id.startsWith('usr_'), <PortalLink key="u" size="sm" to="/administration/users">{text}</PortalLink>],
    [id.startsWith('key_'), <PortalLink key="k" size="sm" to="/administration/api-keys">{text}</PortalLink>],
    [action.includes('/v1/events/{id}'), <PortalLink key="e" size="sm" to="/events/$id" params={params}>{text}</PortalLink>],
    [action.includes('/v1/legal-holds'), <PortalLink key="h" size="sm" to="/operations/deliveries" search={{ entityId: id }}>{text}</PortalLink>],
  ]
  return links.find(([fits]) => fits)?.[1] ?? <code>{text}</code>
}
