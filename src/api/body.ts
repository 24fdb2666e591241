import { isUtf8 } from 'node:buffer'
import express, { type Request, type RequestHandler } from 'express'
import { parse as locateErrors, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { ambiguousKey, isTooDeep, MAX_JSON_DEPTH } from '../domain/raw-json'
import { invalid, Problem } from './problem'

/** Reads the body as it came, up to `maxBytes`; a longer one is 413, a compressed one 415. */
export function bodyReader(maxBytes: number): RequestHandler {
  return express.raw({ type: () => true, inflate: false, limit: maxBytes })
}

/** The text of a JSON body. */
export function jsonText(req: Request): string {
  const type = req.headers['content-type'] ?? ''
  if (!JSON_TYPE.test(type)) {
    throw new Problem('unsupported-media-type', 'Send the body as JSON, with "Content-Type: application/json".', {
      headers: { Accept: 'application/json' },
    })
  }
  const bytes: unknown = req.body
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
    throw new Problem('invalid-request', 'The body is empty; send a JSON object, {} where there is nothing to say.')
  }
  if (!isUtf8(bytes)) throw new Problem('invalid-request', 'The body is not UTF-8; send JSON in UTF-8.')
  return bytes.toString('utf8')
}

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

/** What `JSON.parse` makes of the text, or a 400 that says where it is no JSON. */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new Problem('invalid-request', `The body nests deeper than ${MAX_JSON_DEPTH} levels.`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('invalid-request', `The body is not JSON: ${whereBroken(text)}.`)
  }
}

/** Readers disagree on what such a key means, so that it is refused. Of a text that is JSON. */
export function refuseAmbiguous(text: string): void {
  const found = ambiguousKey(text)
  if (found) throw invalid([{ path: found.key, message: found.why === 'twice' ? 'stands twice; leave one of them out' : 'is not allowed as the name of a field' }])
}

/** Node's own message often has no position, and repeats parts of the body instead. */
function whereBroken(text: string): string {
  const errors: ParseError[] = []
  locateErrors(text, errors, { disallowComments: true, allowTrailingComma: false })
  const [first] = errors
  if (!first) return 'it could not be read'
  const before = text.slice(0, first.offset).split('\n')
  const words = printParseErrorCode(first.error).replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return `${words} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}
