import { envelope, type HeraldEvent } from '../../src/domain/event'

const event: HeraldEvent = {
  id: 'evt-1',
  tenantId: 'default',
  typeId: 2,
  type: 'UPDATE ACCOUNT',
  createdAt: new Date('2026-01-31T12:00:00Z'),
  data: '{"id":"acc-1", "balance":1.10}',
  entityId: 'acc-1',
}

it('puts the sequence before the data, and the data as it was', () => {
  expect(envelope({ ...event, sequence: 1_767_000_000_000_017 })).toBe(
    '{"id":"evt-1","type":"UPDATE ACCOUNT","typeId":2,"createdAt":"2026-01-31T12:00:00.000Z","sequence":1767000000000017,"data":{"id":"acc-1", "balance":1.10}}',
  )
})

it('keeps the bytes of an event that was journaled before there were sequences', () => {
  expect(envelope(event)).toBe(
    '{"id":"evt-1","type":"UPDATE ACCOUNT","typeId":2,"createdAt":"2026-01-31T12:00:00.000Z","data":{"id":"acc-1", "balance":1.10}}',
  )
})
