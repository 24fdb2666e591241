import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Listing, type Listed } from './Listing'
import { PageHead, type Crumb } from './PageHead'
import { Card } from './states'

interface ListPageProps<T> {
  title: string
  crumbs?: Crumb[]
  /** What is listed, in a sentence. */
  about: ReactNode
  /** What can be done, beside the title. */
  aside?: ReactNode
  /** Between the head and the list. */
  between?: ReactNode
  filters?: ReactNode
  list: Listed<T>
  empty: ReactNode
  children: (rows: T[]) => ReactNode
}

/** A page that is a list of the API: its head, what narrows it, and its rows. */
export const ListPage = <T,>({ title, crumbs, about, aside, between, filters, list, empty, children }: ListPageProps<T>) => (
  <Stack>
    <PageHead title={title} crumbs={crumbs} aside={aside}>
      <Text c="var(--muted)" size="sm">
        {about}
      </Text>
    </PageHead>
    {between}
    <Card p={0}>
      {filters}
      <Listing list={list} empty={empty}>
        {children}
      </Listing>
    </Card>
  </Stack>
)
