import type { Attempt } from '../api/client'

/** For a shell of POSIX: what stands between single quotes is taken as it is. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The newest POST as a command. Credentials were masked by the server, and stay so. */
export function toCurl(request: NonNullable<Attempt['request']>, body: string | undefined): string {
  const headers = Object.entries(request.headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)
  const data = body === undefined ? [] : [`--data-binary ${quoted(body)}`]
  return [`curl -i -X POST ${quoted(request.url)}`, ...headers, ...data].join(' \\\n  ')
}
