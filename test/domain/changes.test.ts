import { changesBetween } from '../../src/domain/changes'

it.each<[string, object, object, string[], object[]]>([
  ['what differs, as JSON', { a: 1, b: 'x', c: [1] }, { a: 2, b: 'x', c: [1] }, [], [{ field: 'a', before: '1', after: '2' }]],
  ['what is new, and what is gone', { old: true }, { young: 'x' }, [], [{ field: 'young', after: '"x"' }, { field: 'old', before: 'true' }]],
  ['what is never shown, that it was set', { auth: { type: 'basic' } }, { auth: { type: 'basic' } }, ['auth'], [{ field: 'auth', before: '{"type":"basic"}', after: '{"type":"basic"}', hidden: true }]],
  ['nothing of what changes by itself', { updatedAt: 1, eventTypeIds: [1] }, { updatedAt: 2, eventTypeIds: [2] }, [], []],
  ['of a URL the names of its query', { url: 'https://a.example/x?token=t1&b' }, { url: 'https://b.example/?token=t2' }, [], [{ field: 'url', before: '"https://a.example/x?token=…&b"', after: '"https://b.example/?token=…"' }]],
  ['of the token endpoint of auth, too', {}, { auth: { type: 'oauth2', tokenUrl: 'https://a.example/?key=t1', clientId: 'a?b=c' } }, [], [{ field: 'auth', after: '{"type":"oauth2","tokenUrl":"https://a.example/?key=…","clientId":"a?b=c"}' }]],
  ["that a token endpoint's query was changed", { auth: { tokenUrl: 'https://a.example/?t=1' } }, { auth: { tokenUrl: 'https://a.example/?t=2' } }, [], [{ field: 'auth', before: '{"tokenUrl":"https://a.example/?t=…"}', after: '{"tokenUrl":"https://a.example/?t=…"}', hidden: true }]],
  ['that a query was changed', { url: 'https://a.example/?t=1' }, { url: 'https://a.example/?t=2' }, [], [{ field: 'url', before: '"https://a.example/?t=…"', after: '"https://a.example/?t=…"', hidden: true }]],
])('tells %s', (_, before, after, hidden, changes) => {
  expect(changesBetween(before, after, hidden)).toEqual(changes)
})

it('shortens what is long', () => {
  const [change] = changesBetween({}, { text: 'x'.repeat(5_000) })
  expect(change?.after).toHaveLength(1_001)
})
