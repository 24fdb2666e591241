import Ajv2020 from 'ajv/dist/2020'
import type { Answer, Check } from './client'

interface Documented {
  content?: Record<string, { schema?: object }>
}
type Paths = Record<string, Record<string, { responses: Record<string, Documented> }>>

/** Fails a test when an answer is not what `/openapi.json` says of it: no status, type or field that is not told. */
export async function conformance(url: string): Promise<Check> {
  const response = await fetch(`${url}/openapi.json`)
  const document: { paths: Paths; components: object } = JSON.parse(await response.text())
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false })
  ajv.addSchema({ $id: 'api', components: document.components })
  const operations = Object.entries(document.paths).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods,
  }))

  return (method, path, answer) => {
    const [pathname = ''] = path.split('?')
    const found = operations.find(({ pattern }) => pattern.test(pathname))
    const operation = found?.methods[method.toLowerCase()]
    if (!operation || answer.status === 500) return
    const documented = operation.responses[answer.status]
    if (!documented) throw new Error(`${method} ${path} answered ${answer.status}, which is not documented: ${answer.text}`)
    checkBody(ajv, documented, `${method} ${path}`, answer)
  }
}

function checkBody(ajv: Ajv2020, { content }: Documented, what: string, { headers, body, text }: Answer): void {
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  if (!content) {
    if (text !== '') throw new Error(`${what} answered a body that is not documented`)
    return
  }
  const schema = content[type]?.schema
  if (!(type in content)) throw new Error(`${what} answered ${type}, documented: ${Object.keys(content).join(', ')}`)
  if (!schema) return
  const inApi: object = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'))
  if (!ajv.validate(inApi, body)) throw new Error(`${what} answered what is not documented: ${ajv.errorsText()}\n${text}`)
}
