import { duplicateKey, elements, members } from '../../src/domain/raw-json'

const sources = (text: string): Record<string, string> =>
  Object.fromEntries(members(text).map(({ key, start, end }) => [key, text.slice(start, end)]))

test('finds the source of each member as it was written', () => {
  const text = ` {
    "a" : 1.10 , "b":12345678901234567890,"c":"x\\"}],{" ,
    "d": { "z": [1, {"y": "]"}], "a": "\\\\" } , "e":[ ] ,"f":null,"g" : -0.0e+2
  } `
  expect(sources(text)).toEqual({
    a: '1.10',
    b: '12345678901234567890',
    c: '"x\\"}],{"',
    d: '{ "z": [1, {"y": "]"}], "a": "\\\\" }',
    e: '[ ]',
    f: 'null',
    g: '-0.0e+2',
  })
})

test('reads keys that are written with escapes', () => {
  expect(sources('{"\\u0064ata": 1, "\\"": 2}')).toEqual({ data: '1', '"': '2' })
})

test('finds the entries of a list', () => {
  const text = '{"events": [ {"a":1} ,2,[ ], "x,y" ] }'
  const [list] = members(text)
  expect(elements(text, list?.start ?? 0).map(({ start, end }) => text.slice(start, end))).toEqual([
    '{"a":1}',
    '2',
    '[ ]',
    '"x,y"',
  ])
  expect(elements('[]', 0)).toEqual([])
})

test('tells the first key that stands twice', () => {
  expect(duplicateKey(members('{"a":1,"b":2,"c":3}'))).toBeUndefined()
  expect(duplicateKey(members('{"a":1,"b":2,"\\u0061":3,"b":4}'))).toBe('a')
  expect(duplicateKey(members('{}'))).toBeUndefined()
})

test('agrees with JSON.parse on whatever JSON there is', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const value = { first: randomValue(seed, 4), [`k"\\${seed}`]: randomValue(seed * 31, 3) }
    const text = JSON.stringify(value, null, seed % 3)
    const read = members(text).map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end))])
    expect(Object.fromEntries(read)).toEqual(value)
  }
})

/** The same for the same seed. */
function randomValue(seed: number, depth: number): unknown {
  const next = (seed * 48_271) % 2_147_483_647
  const leaves = ['"\\', '{[', '', ']}', 'ü\u2028\ud83d\ude00', next / 7, -next, true, null]
  if (depth === 0 || next % 4 === 0) return leaves[next % leaves.length]
  const children = Array.from({ length: next % 4 }, (_, i) => randomValue(next + i * 977, depth - 1))
  return next % 2 === 0 ? children : Object.fromEntries(children.map((child, i) => [`${i}"`, child]))
}
