import { Anchor, Collapse, Stack, Text, Timeline } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArchive, IconBan, IconCheck, IconClock, IconHourglass, IconPlayerPause, IconSend, IconUser, IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Attempt, Schemas } from '../api/client'
import { measured } from '../parts/numbers'
import { PortalLink } from '../parts/PageHead'
import { Outside } from '../parts/visible'
import { Countdown, When } from '../parts/When'
import { Exchange } from './Exchange'
import { WORDS } from './OutcomeLine'

type Delivery = Schemas['DeliveryWithAttempts']

interface StoryProps {
  delivery: Delivery
  published: string
  body: string | undefined
}

/** Published, each attempt, and what comes next or where it ended. */
export function Story({ delivery, published, body }: StoryProps) {
  const { attempts, steered = [], status } = delivery
  // What is still to come is drawn paler.
  const done = attempts.length + steered.length + (status === 'pending' || status === 'retrying' ? 0 : 1)
  return (
    <Timeline bulletSize={26} lineWidth={2} active={done} styles={{ itemTitle: { lineHeight: 1.35 } }}>
      <Timeline.Item bullet={<IconSend size={14} />} title="Published">
        <Text size="sm">
          <When at={published} as="day" />
        </Text>
      </Timeline.Item>
      {stepsOf(delivery).map((step) =>
        'action' in step ? (
          <Timeline.Item key={`${step.action} ${step.at}`} bullet={<IconUser size={14} />} color="gray.7" title={<SteeredTitle step={step} />}>
            <Text size="sm" c="var(--muted)">
              <When at={step.at} as="day" />
            </Text>
          </Timeline.Item>
        ) : (
          <Timeline.Item key={step.number} bullet={bulletOf(step)} color={colorOf(step)} title={titleOf(step)}>
            <AttemptItem attempt={step} body={body} isOpen={step.number === attempts.length && step.outcome !== 'delivered'} />
          </Timeline.Item>
        ),
      )}
      {steered.at(-1)?.action === 'cancel' ? null : nextOf(delivery)}
    </Timeline>
  )
}

type Step = NonNullable<Delivery['steered']>[number]

/** Attempts, and what people did in between. */
function stepsOf({ attempts, steered = [] }: Delivery): (Attempt | Step)[] {
  const between = (after: number): Step[] => steered.filter(({ afterAttempt }) => afterAttempt === after)
  const listed = new Set(attempts.map(({ number }) => number))
  return [...between(0), ...attempts.flatMap((attempt) => [attempt, ...between(attempt.number)]), ...steered.filter(({ afterAttempt }) => afterAttempt > 0 && !listed.has(afterAttempt))]
}

const DONE: Record<Step['action'], string> = { retry: 'Retried', resume: 'Let go on', cancel: 'Given up', replay: 'Replayed' }

function SteeredTitle({ step: { action, by, releaseId } }: { step: Step }) {
  return (
    <>
      {DONE[action]} by <Outside text={whoText(by)} />
      {releaseId !== undefined && (
        <>
          , with{' '}
          <PortalLink inherit underline="always" to="/operations/releases/$id" params={{ id: releaseId }}>
            a release
          </PortalLink>
        </>
      )}
    </>
  )
}

function whoText({ kind, id, name = id }: Step['by']): string {
  if (kind === 'herald') return 'Herald'
  if (kind === 'temporal') return 'an operator, in Temporal'
  if (id === 'admin') return 'the admin key'
  return kind === 'user' ? name : `${kind === 'key' ? 'the API key' : 'a guest of the portal link'} ${name}`
}

const bulletOf = ({ outcome }: Attempt): ReactNode =>
  outcome === 'delivered' ? <IconCheck size={14} /> : outcome === 'in flight' ? <IconHourglass size={14} /> : <IconX size={14} />

const colorOf = ({ outcome }: Attempt): string =>
  outcome === 'delivered' ? 'green.8' : outcome === 'in flight' ? 'harbour' : outcome === 'unknown' ? 'gray.7' : 'red.8'

function titleOf({ number, outcome, response }: Attempt): string {
  const status = response ? `, HTTP ${response.status}` : ''
  return `Attempt ${number}: ${WORDS[outcome].toLowerCase()}${status}`
}

function AttemptItem({ attempt, body, isOpen }: { attempt: Attempt; body: string | undefined; isOpen: boolean }) {
  const [opened, { toggle }] = useDisclosure(isOpen)
  const { startedAt, durationMs, timing, error, request, response, outcome } = attempt
  return (
    <Stack gap={4}>
      <Text size="sm" c="var(--muted)">
        <When at={startedAt} as="clock" />
        {durationMs !== undefined && ` · ${measured(durationMs, 'ms')}`}
        {error?.retryAfter !== undefined && ` · asked to be left alone for ${error.retryAfter}`}
      </Text>
      {timing && <TimeSpent timing={timing} />}
      {error && (
        <Text size="sm">
          <Outside text={error.detail} />
        </Text>
      )}
      {outcome === 'unknown' && <Text size="sm">Herald was stopped before the answer was recorded. The attempt counts.</Text>}
      {request && (
        <>
          <Anchor component="button" size="sm" aria-expanded={opened} onClick={toggle} style={{ alignSelf: 'start' }}>
            {opened ? 'Hide the exchange' : 'Show the exchange'}
          </Anchor>
          <Collapse expanded={opened}>
            <Exchange request={request} response={response} body={body} stacked />
          </Collapse>
        </>
      )}
    </Stack>
  )
}

const PHASES = [
  ['tokenMs', 'token'],
  ['dnsMs', 'DNS'],
  ['connectMs', 'connect'],
  ['tlsMs', 'TLS'],
  ['waitMs', 'wait'],
  ['bodyMs', 'body'],
] as const

/** Which part of it was slow. */
function TimeSpent({ timing }: { timing: NonNullable<Attempt['timing']> }) {
  const parts = PHASES.flatMap(([name, label]) => (timing[name] === undefined ? [] : [`${label}\u00A0${measured(Math.round(timing[name] * 10) / 10, 'ms')}`]))
  if (parts.length === 0) return null
  return (
    <Text size="xs" c="var(--muted)">
      {parts.join(' · ')}
    </Text>
  )
}

function nextOf(delivery: Delivery): ReactNode {
  const { status, nextAttemptAt, attemptCount, parkedAt, parkedReason, expiresAt, queued, updatedAt } = delivery
  switch (status) {
    case 'pending':
    case 'retrying':
      return (
        <Timeline.Item bullet={<IconClock size={14} />} title={`Attempt ${attemptCount + 1}`} lineVariant="dashed">
          <Text size="sm" fw={600}>
            {nextAttemptAt === undefined ? 'any moment' : <Countdown to={nextAttemptAt} past="any moment" />}
          </Text>
          {queued && <Text size="sm">It waits in the queue of its webhook, which has as many requests in flight as it may.</Text>}
        </Timeline.Item>
      )
    case 'parked':
      return (
        <Timeline.Item bullet={<IconArchive size={14} />} color="red.8" title="Parked">
          <Text size="sm">
            {parkedReason ?? 'attempts exhausted'}
            {parkedAt !== undefined && (
              <>
                , <When at={parkedAt} />
              </>
            )}
          </Text>
          {expiresAt !== undefined && (
            <Text size="sm" c="var(--muted)">
              Kept until <When at={expiresAt} as="day" />, for a retry by hand.
            </Text>
          )}
        </Timeline.Item>
      )
    case 'held':
      return (
        <Timeline.Item bullet={<IconPlayerPause size={14} />} color="violet.8" title="Held">
          <Text size="sm">Its webhook is paused or suspended.</Text>
        </Timeline.Item>
      )
    case 'cancelled':
    case 'expired':
      return (
        <Timeline.Item bullet={<IconBan size={14} />} color="gray.7" title={status === 'cancelled' ? 'Cancelled' : 'Expired'}>
          <Text size="sm">
            <When at={updatedAt} />
          </Text>
        </Timeline.Item>
      )
    default:
      return null
  }
}
