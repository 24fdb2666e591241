import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { version } from '../package.json'

/** What `/metrics` shows; names follow Prometheus' conventions. */
export interface Metrics {
  registry: Registry
  posts: Counter<'outcome'>
  published: Counter<'result'>
  workflowsStarted: Counter
  eventsStarted: Counter
  parked: Counter<'reason'>
  adopted: Counter
  leaving: Counter<'record'>
  mails: Counter<'result'>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'herald_build_info', help: 'The version of Herald that runs.', labelNames: ['version'], registers: [registry] }).set({ version }, 1)
  const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter<Label>({ name, help, labelNames, registers: [registry] })
  return {
    registry,
    posts: counter('herald_posts_total', 'HTTP POSTs made, by outcome.', ['outcome']),
    published: counter('herald_events_published_total', 'Events published, by result.', ['result']),
    workflowsStarted: counter('herald_workflows_started_total', 'Delivery workflows started.'),
    eventsStarted: counter('herald_events_started_total', 'Events handed to a workflow.'),
    parked: counter('herald_deliveries_parked_total', 'Deliveries parked, by reason.', ['reason']),
    adopted: counter('herald_deliveries_adopted_total', 'Deliveries taken over from a lost workflow.'),
    leaving: counter('herald_records_leaving_total', 'Records marked for removal, their retention being over.', ['record']),
    mails: counter('herald_mails_total', 'Digests by e-mail, by result.', ['result']),
  }
}
