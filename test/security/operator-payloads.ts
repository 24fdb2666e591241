import * as fc from 'fast-check'

const OPERATORS = ['$ne', '$gt', '$gte', '$lt', '$in', '$nin', '$regex', '$exists', '$where', '$or', '$and', '$nor', '$not', '$expr', '$all', '$elemMatch', '$type', '$jsonSchema', '$function', '$set', '$unset', '$text', '$comment', '__proto__', 'constructor']
const operand = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, true, [], {}, '.*', '^', [null], ['', 'a'], 'sleep(1000)||true', 'function(){return true}', { $gt: '' }, [{ $ne: 1 }]),
  fc.string({ maxLength: 8 }),
  fc.integer(),
)
const operators = fc.array(fc.tuple(fc.constantFrom(...OPERATORS), operand), { minLength: 1, maxLength: 3 }).map((pairs) => {
  // As JSON.parse makes it: __proto__ is a key like any other.
  const text = pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')
  return `{${text}}`
})

/** Objects of MongoDB's operators, as JSON text. */
export const operatorObjects = (count: number, seed: number): string[] => fc.sample(operators, { numRuns: count, seed })

/** Each matches whatever is there, as soon as it is taken for a condition. */
export const WIDEST = ['{"$ne":"x"}', '{"$gt":""}', '{"$exists":"true"}']

/** One of them in place of a value of the query, as the parsers of several frameworks would read it. */
export function inQuery(name: string, json: string, form: number): string {
  const [operator = '', value] = Object.entries(JSON.parse(json) as object)[0] ?? []
  const [key, text] = [encodeURIComponent(name), encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))]
  const forms = [
    `${key}=${encodeURIComponent(json)}`,
    `${key}[${encodeURIComponent(operator)}]=${text}`,
    `${key}%5B${encodeURIComponent(operator)}%5D=${text}`,
    `${key}[]=${text}&${key}[]=x`,
    `${key}=a&${key}=${encodeURIComponent(json)}`,
    `${key}.${encodeURIComponent(operator)}=${text}`,
  ]
  return forms[form % forms.length] ?? ''
}
