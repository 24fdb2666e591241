import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { Origin } from './route'

export const COOKIE = 'herald_session'
/** Browsers take a cookie of such a name over TLS alone, and from this very host (RFC 6265bis, 4.1.3.2). */
const SECURE_COOKIE = `__Host-${COOKIE}`
export const CSRF_HEADER = 'x-csrf-token'

/** How the portal is reached. */
export interface PortalSettings {
  /** Where people reach Herald; what their browser used, when it is not set. */
  publicUrl?: string
  /** Sites that may show the portal in a frame; none when empty. */
  frameAncestors: string[]
}

export interface SessionCookies {
  /** The token of the session, when the request carries one. */
  read: (headers: IncomingHttpHeaders) => string | undefined
  /** Set-Cookie; `inFrame` also for pages of the sites that may show the portal. */
  set: (token: string, from: Origin, inFrame?: boolean) => Record<string, string>
  clear: (from: Origin) => Record<string, string>
}

/**
 * A cookie that no script reads, that ends with the browser, and that other sites' requests do not
 * carry. In a frame of another site no such cookie is sent: that one is `None`, kept apart for each
 * site that shows the portal (`Partitioned`), and over TLS alone.
 */
export function createSessionCookies({ publicUrl, frameAncestors }: PortalSettings): SessionCookies {
  const isAlwaysSecure = publicUrl?.startsWith('https:') ?? false

  function write(value: string, from: Origin, inFrame: boolean, maxAge?: number): Record<string, string> {
    const secure = isAlwaysSecure || from.isSecure
    const apart = secure && inFrame && frameAncestors.length > 0
    const cookie = stringifySetCookie({
      name: secure ? SECURE_COOKIE : COOKIE,
      value,
      path: '/',
      httpOnly: true,
      secure,
      sameSite: apart ? 'none' : 'strict',
      ...(apart && { partitioned: true }),
      ...(maxAge !== undefined && { maxAge }),
    })
    return { 'Set-Cookie': cookie }
  }

  return {
    read: ({ cookie }) => {
      const cookies = parseCookie(cookie ?? '')
      return cookies[SECURE_COOKIE] ?? (isAlwaysSecure ? undefined : cookies[COOKIE])
    },
    set: (token, from, inFrame = false) => write(token, from, inFrame),
    clear: (from) => write('', from, false, 0),
  }
}
