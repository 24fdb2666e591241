import { Anchor, Breadcrumbs, Group, Text, Title } from '@mantine/core'
import { createLink, Link } from '@tanstack/react-router'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Outside } from './visible'

/** A link of the portal that looks like one. */
export const PortalLink = createLink(Anchor<'a'>)

export interface Crumb {
  text: string
  to?: '/operations/webhook' | '/operations/deliveries' | '/operations/releases' | '/events'
}

export function PageHead({ title, crumbs = [], children, aside }: { title: string; crumbs?: Crumb[] | undefined; children?: ReactNode; aside?: ReactNode }) {
  useDocumentTitle(`${title} · Herald`)
  return (
    <header>
      {crumbs.length > 0 && (
        <nav aria-label="Breadcrumb">
          <Breadcrumbs separatorMargin={6} mb={4} styles={{ root: { flexWrap: 'wrap' }, separator: { color: 'var(--muted)' } }}>
            {crumbs.map(({ text, to }) =>
              to ? (
                <Anchor key={text} size="sm" renderRoot={(props) => <Link to={to} {...props} />}>
                  {text}
                </Anchor>
              ) : (
                <Text key={text} size="sm" c="var(--muted)">
                  {text}
                </Text>
              ),
            )}
          </Breadcrumbs>
        </nav>
      )}
      <Group justify="space-between" align="start" gap="sm">
        <div style={{ minWidth: 0, flex: '1 1 16rem' }}>
          <Title order={1}>
            <Outside text={title} lines="clamped" />
          </Title>
          {children}
        </div>
        {aside && <Group gap="xs">{aside}</Group>}
      </Group>
    </header>
  )
}
