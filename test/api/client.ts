export interface Answer {
  status: number
  headers: Headers
  /** As it came. */
  text: string
  // Tests read what they expect to be there; what is not fails them.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

/** A body that is a string or a Buffer is sent as it is. */
export type Client = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

export type Check = (method: string, path: string, answer: Answer) => void

/** Calls over HTTP, and holds every answer against the OpenAPI document. */
export function createClient(url: string, authorization: string | undefined, check: Check): Client {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: raw(body) }),
    })
    const text = await response.text()
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
    const answer = { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
    check(method, path, answer)
    return answer
  }
}

const raw = (body: unknown): string | Uint8Array<ArrayBuffer> => {
  if (Buffer.isBuffer(body)) return new Uint8Array(body)
  return typeof body === 'string' ? body : JSON.stringify(body)
}
