import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils'
import { Worker } from '@temporalio/worker'
import { sharedStack } from '../support/shared-stack'

const folder = path.join(__dirname, 'histories')
const files = readdirSync(folder).filter((file) => file.endsWith('.json'))

it('has a recorded history of every workflow', () => {
  const recorded = files.map((file) => workflowType(read(file)))
  expect([...new Set(recorded)].toSorted()).toEqual(['adoptDeliveries', 'deliverEvent', 'deliverEvents', 'drainWebhook', 'eraseEntity', 'releaseDeliveries'])
})

it.each(files)('replays %s: workflows that began before an upgrade go on after it', async (file) => {
  const { workflowBundle } = sharedStack()
  await Worker.runReplayHistory({ workflowBundle: { codePath: workflowBundle } }, historyFromJSON(read(file)), file)
})

const read = (file: string): unknown => JSON.parse(readFileSync(path.join(folder, file), 'utf8'))

function workflowType(history: unknown): string | undefined {
  const { events } = history as { events: { workflowExecutionStartedEventAttributes?: { workflowType: { name: string } } }[] }
  return events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name
}
