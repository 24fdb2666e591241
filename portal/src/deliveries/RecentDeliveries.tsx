import { Group } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { deliveriesQuery } from '../api/queries'
import { inOnePiece, Listing } from '../parts/Listing'
import { PortalLink } from '../parts/PageHead'
import { Card, Empty } from '../parts/states'
import { DeliveryRows } from './DeliveryRows'
import { PublishLink } from '../session/Allowed'

const SHOWN = 10

export function RecentDeliveries({ webhookId }: { webhookId: string }) {
  const { data, error, refetch } = useInfiniteQuery({ ...deliveriesQuery({ webhookId }), refetchInterval: 4_000 })
  const list = inOnePiece({ data: data && { data: data.pages[0]?.data.slice(0, SHOWN) ?? [] }, error, refetch })
  const links = (
    <Group gap="md">
      <PortalLink size="sm" to="/operations/deliveries" search={{ webhookId, status: 'parked' }}>
        Parked ones
      </PortalLink>
      <PortalLink size="sm" to="/operations/deliveries" search={{ webhookId }}>
        All deliveries
      </PortalLink>
    </Group>
  )
  return (
    <Card title="Deliveries" aside={links}>
      <Listing
        list={list}
        loading={3}
        empty={
          <Empty title="Nothing yet" action={<PublishLink />}>
            What is published with one of its event types from now on is shown here.
          </Empty>
        }
      >
        {(deliveries) => <DeliveryRows deliveries={deliveries} withWebhook={false} />}
      </Listing>
    </Card>
  )
}
