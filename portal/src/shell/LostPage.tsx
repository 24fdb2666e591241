import { Empty } from '../parts/states'
import { PortalLink } from '../parts/PageHead'

export const LostPage = () => (
  <Empty order={1} title="There is no such page" action={<PortalLink to="/operations/webhook">Go to the webhooks</PortalLink>}>
    The address may be old or mistyped. What you look for may be found with the search above.
  </Empty>
)
