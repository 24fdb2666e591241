import { createSealer } from '../../src/delivery/seal'
import type { AuditEntry } from '../../src/domain/audit'
import { createAuditStore, type AuditStore } from '../../src/store/audit'
import type { StoreConnection } from '../../src/store/connect'
import { connectTestStore } from '../support/mongo'

let store: StoreConnection
beforeEach(async () => (store = await connectTestStore()))
afterEach(() => store.close())

const book = (): AuditStore => createAuditStore(store.models, createSealer(Buffer.alloc(32, 3)))
const entry = (n: number, tenantId = 'bank'): AuditEntry => ({
  tenantId,
  at: new Date(),
  actor: { kind: 'key', id: 'key_1' },
  action: 'PATCH /v1/webhooks/{id}',
  target: [`whk_${n}`],
  fields: ['url'],
  status: 200,
  from: '10.0.0.1',
})

it('numbers the lines of a tenant without a gap, with several processes at once', async () => {
  const processes = [book(), book(), book()]
  await Promise.all(processes.flatMap((each, p) => Array.from({ length: 40 }, (_, n) => each.append(entry(p * 40 + n)))))
  await book().append(entry(1, 'other'))
  const lines = await book().after('bank', {}, 0, 1_000)
  expect(lines.map(({ number }) => number)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1))
  expect(new Set(lines.map(({ target }) => target[0])).size).toBe(120)
  expect(await book().verify('bank')).toMatchObject({ kind: 'whole', lines: 120, lastHash: lines.at(-1)?.hash })
  expect(await book().verify('other')).toMatchObject({ kind: 'whole', lines: 1 })
  expect(await book().verify('nobody')).toMatchObject({ kind: 'whole', lines: 0 })
})

it('lists what was begun until its end is written, and keeps both lines', async () => {
  const { status: _status, ...begun } = entry(1)
  const first = await book().begin(begun)
  const second = await book().begin({ ...begun, target: ['whk_2'] })
  const listed = async () => (await book().list('bank', {}, { limit: 10 })).data.map(({ number }) => number)
  expect(await listed()).toEqual([2, 1])
  await book().append({ ...entry(1), begun: first })
  expect(await listed()).toEqual([3, 2])
  expect(await book().verify('bank')).toMatchObject({ kind: 'whole', lines: 3, open: [2] })
  // A process that was killed between the end and what marks it.
  await book().append({ ...entry(2), begun: second })
  await store.models.auditOpen.create({ _id: second, tenantId: 'bank' })
  expect(await listed()).toEqual([4, 3])
  expect(await store.models.auditOpen.countDocuments()).toBe(0)
  expect(await book().verify('bank')).toMatchObject({ kind: 'whole', lines: 4, open: [] })
})

it('finds the end of what was begun in the book of another tenant', async () => {
  const { status: _status, ...begun } = entry(1, 'default')
  await book().append({ ...entry(1), begun: await book().begin(begun) })
  expect(await book().verify('default')).toMatchObject({ kind: 'whole', lines: 1, open: [] })
})

const key = (number: number): string => `bank/${String(number).padStart(12, '0')}`

it.each<[string, number, () => Promise<unknown>]>([
  ['changed', 3, () => store.models.auditLines.updateOne({ _id: key(3) }, { $set: { status: 404 } })],
  ['changed in its time', 5, () => store.models.auditLines.updateOne({ _id: key(5) }, { $set: { at: new Date(0) } })],
  ['given to somebody else', 2, () => store.models.auditLines.updateOne({ _id: key(2) }, { $set: { 'actor.id': 'key_2' } })],
  ['given another end', 4, () => store.models.auditLines.updateOne({ _id: key(4) }, { $set: { begun: key(1) } })],
  ['told of another change', 2, () => store.models.auditLines.updateOne({ _id: key(2) }, { $set: { changes: [{ field: 'url' }] } })],
  ['left without its end', 3, () => store.models.auditLines.updateOne({ _id: key(3) }, { $unset: { status: '' } })],
  ['removed', 4, () => store.models.auditLines.deleteOne({ _id: key(4) })],
  ['the first, and removed', 1, () => store.models.auditLines.deleteOne({ _id: key(1) })],
  ['the last, and removed', 6, () => store.models.auditLines.deleteOne({ _id: key(6) })],
  // The one after it fits only behind the one that stood there.
  ['put back in place of another one with its number', 6, async () => {
    const before = await store.models.auditLines.findById(key(5)).lean()
    await store.models.auditLines.deleteMany({ _id: { $in: [key(5), key(6)] } })
    for (const n of [50, 60]) await book().append(entry(n))
    await store.models.auditLines.replaceOne({ _id: key(5) }, before ?? {})
  }],
  ['added by somebody without the key', 7, () => store.models.auditLines.create({ _id: key(7), ...entry(7), number: 7, hash: 'f'.repeat(64) })],
])('shows a line that was %s', async (_, line, tamper) => {
  for (let n = 1; n <= 6; n++) await book().append(entry(n))
  expect(await book().verify('bank')).toMatchObject({ kind: 'whole', lines: 6 })
  await tamper()
  expect(await book().verify('bank')).toMatchObject({ kind: 'broken', line })
})

it('has a key of its own, without which nobody can make a line that fits', async () => {
  const elsewhere = await connectTestStore()
  const same = entry(1)
  const [here, there] = [await book().append(same), await createAuditStore(elsewhere.models, createSealer(Buffer.alloc(32, 3))).append(same)]
  expect(here).toEqual({ ...there, hash: here.hash })
  expect(here.hash).not.toBe(there.hash)
  await elsewhere.close()
})

it('calls a book whole that is written in while it is read', async () => {
  const state = { isWritten: false }
  const writing = Promise.all([book(), book()].flatMap((each) => Array.from({ length: 60 }, (_, n) => each.append(entry(n))))).then(() => (state.isWritten = true))
  while (!state.isWritten) expect(await book().verify('bank')).toMatchObject({ kind: 'whole' })
  await writing
  expect(await book().verify('bank')).toMatchObject({ kind: 'whole', lines: 120 })
})
