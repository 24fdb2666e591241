import { verdictOn, type Standing, type Verdict } from '../../src/domain/retention'

const DAY = 86_400_000
const NOW = Date.parse('2026-06-01T00:00:00Z')
const rule = { retentionMs: 90 * DAY, recheckMs: DAY }

const days = (count: number): Date => new Date(NOW + count * DAY)

const verdict = (dispatched: number | undefined, standing: Standing, isHeld = false): Verdict =>
  verdictOn({ ...(dispatched !== undefined && { dispatchedAt: days(dispatched) }), isHeld }, standing, rule, NOW)

const cancelled = (at: number): Verdict => verdictOn({ cancelledAt: days(at), isHeld: false }, { open: 0 }, rule, NOW)

it.each<[string, Verdict, Verdict]>([
  ['leaves when its last delivery has been final for long enough', verdict(-91, { open: 0, movedAt: days(-90) }), { kind: 'leaves' }],
  ['leaves when it had no delivery at all', verdict(-90, { open: 0 }), { kind: 'leaves' }],
  ['waits while a delivery is not final', verdict(-500, { open: 1, movedAt: days(-400) }), { kind: 'waits', lookAgainAt: days(1) }],
  ['waits while it is not dispatched', verdict(undefined, { open: 0 }), { kind: 'waits', lookAgainAt: days(1) }],
  ['leaves when it was cancelled before its time, long enough ago', cancelled(-90), { kind: 'leaves' }],
  ['waits when it was cancelled lately', cancelled(-89.5), { kind: 'waits', lookAgainAt: days(0.5) }],
  ['waits until its time when that is near', verdict(-100, { open: 0, movedAt: days(-89.5) }), { kind: 'waits', lookAgainAt: days(0.5) }],
  ['is looked at daily when its time is far', verdict(-100, { open: 0, movedAt: days(-1) }), { kind: 'waits', lookAgainAt: days(1) }],
  ['counts from its dispatch when that came last', verdict(-89.75, { open: 0, movedAt: days(-95) }), { kind: 'waits', lookAgainAt: days(0.25) }],
  ['is held when its time has come and a hold stands', verdict(-91, { open: 0, movedAt: days(-90) }, true), { kind: 'held' }],
  ['only waits, under a hold, before its time', verdict(-89.5, { open: 0 }, true), { kind: 'waits', lookAgainAt: days(0.5) }],
])('an event %s', (_, given, expected) => {
  expect(given).toEqual(expected)
})
