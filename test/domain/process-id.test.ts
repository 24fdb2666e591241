import { isGone, processId } from '../../src/domain/process-id'

const self = { host: 'node-1', pid: 7, id: processId('node-1', 7, new Date(1_000)) }
const earlier = (host: string, pid: number): string => processId(host, pid, new Date(500))

it.each([
  ['a process of this host that does not run', earlier('node-1', 8), true],
  ['an earlier process with the same pid, as in a restarted container', earlier('node-1', 7), true],
  ['a process of this host that runs', earlier('node-1', 9), false],
  ['this very process', self.id, false],
  ['a process of another host', earlier('node-2', 8), false],
  ['a process of a host whose name begins alike', earlier('node-1-b', 8), false],
  ['a workflow that brought its own event', 'event/default/evt-1', false],
])('tells of %s whether it is gone', (_who, id, gone) => {
  expect(isGone(id, self, (pid) => pid === 9)).toBe(gone)
})
