import { Anchor, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { CopyIcon } from './Code'
import { PortalLink } from './PageHead'
import { Outside } from './visible'

/** What is known of a thing, each under its name. */
export const Facts = ({ children }: { children: ReactNode }) => <dl className="facts">{children}</dl>

export const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
)

export const IdFact = ({ of, id }: { of: string; id: string }) => (
  <Fact name={`${of} ID`}>
    <Group gap={4} wrap="nowrap">
      <code>
        <Outside text={id} />
      </code>
      <CopyIcon text={id} what={`${of.toLowerCase()} ID`} />
    </Group>
  </Fact>
)

/** Leads to everything that was delivered about it. */
export const EntityFact = ({ id }: { id: string }) => (
  <Fact name="Entity">
    <PortalLink size="sm" to="/operations/deliveries" search={{ entityId: id }}>
      <Outside text={id} />
    </PortalLink>
  </Fact>
)

export const WorkflowFact = ({ id, url }: { id?: string | undefined; url: string | undefined }) =>
  url === undefined && id === undefined ? null : (
    <Fact name="Workflow">
      {url === undefined ? (
        <code>{id}</code>
      ) : (
        <Anchor size="sm" href={url} target="_blank" rel="noreferrer">
          Open in Temporal&apos;s UI
        </Anchor>
      )}
    </Fact>
  )
