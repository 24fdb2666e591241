import { parseCookie, stringifySetCookie } from 'cookie'
import type { Origin } from './route'

/** One name each: a guest's cookie may be one of a frame, beside which a user's of that name would stand. */
export const COOKIES = { user: 'herald_session', guest: 'herald_guest' } as const
type Holder = keyof typeof COOKIES
const ERRAND = 'herald_sign_on'

/** Browsers take a cookie of such a name over TLS alone, and from this very host (RFC 6265bis, 4.1.3.2). */
export const SECURE_PREFIX = '__Host-'
export const CSRF_HEADER = 'x-csrf-token'

/** How the portal is reached. */
export interface PortalSettings {
  /** Where people reach Herald; what their browser used, when it is not set. */
  publicUrl?: string
  /** Sites that may show the portal in a frame; none when empty. */
  frameAncestors: string[]
}

/** The Cookie header of a request, and where that came from. */
export interface Carried {
  cookie: string | undefined
  from: Pick<Origin, 'isSecure'>
}

export interface SessionCookies {
  /** The tokens of the sessions that the request carries; a user's comes first. */
  read: (carried: Carried) => string[]
  /** Set-Cookie of a session that begins, in place of those that the request carries. */
  set: (token: string, holder: Holder, carried: Carried) => SetCookies
  /** Set-Cookie without a session. */
  clear: (carried: Carried) => SetCookies
  /** What was begun with the identity provider, until the browser is back. */
  errand: ErrandCookie
}

export interface ErrandCookie {
  read: (carried: Carried) => string | undefined
  set: (kept: string, carried: Carried, maxAgeMs: number) => string
  clear: (carried: Carried) => string
}

export interface SetCookies extends Record<string, string[]> {
  'Set-Cookie': string[]
}

interface Form {
  holder: Holder
  /** In a frame of another site, kept for that site alone. */
  apart: boolean
}

/**
 * A cookie that no script reads, that ends with the browser, and that other sites' requests do not
 * carry. In a frame of another site no such cookie is sent: that of a guest is `None`, kept apart for
 * each site that shows the portal (`Partitioned`), and over TLS alone.
 */
export function createSessionCookies({ publicUrl, frameAncestors }: PortalSettings): SessionCookies {
  const isAlwaysSecure = publicUrl?.startsWith('https:') ?? false
  const isSecure = ({ from }: Carried): boolean => isAlwaysSecure || from.isSecure

  function write({ holder, apart }: Form, value: string, secure: boolean): string {
    return stringifySetCookie({
      name: secure ? SECURE_PREFIX + COOKIES[holder] : COOKIES[holder],
      value,
      path: '/',
      httpOnly: true,
      secure,
      sameSite: apart ? 'none' : 'strict',
      ...(apart && { partitioned: true }),
      ...(value === '' && { maxAge: 0 }),
    })
  }

  /** Over TLS the prefixed one alone: plain HTTP, and other hosts of the site, can set the other. */
  function tokenOf(holder: Holder, carried: Carried): string | undefined {
    const cookies = parseCookie(carried.cookie ?? '')
    const name = COOKIES[holder]
    return cookies[SECURE_PREFIX + name] ?? (isSecure(carried) ? undefined : cookies[name])
  }

  function formsOf(holder: Holder, secure: boolean): Form[] {
    const isFramed = secure && holder === 'guest' && frameAncestors.length > 0
    return [...(isFramed ? [{ holder, apart: true }] : []), { holder, apart: false }]
  }

  /** A request does not tell in which form it carries a cookie. */
  const carriedForms = (carried: Carried): Form[] =>
    (['user', 'guest'] as const).filter((holder) => tokenOf(holder, carried) !== undefined).flatMap((holder) => formsOf(holder, isSecure(carried)))

  const errandOf = (value: string, maxAgeMs: number, secure: boolean): string =>
    stringifySetCookie({ name: secure ? SECURE_PREFIX + ERRAND : ERRAND, value, path: '/', httpOnly: true, secure, sameSite: 'strict', maxAge: maxAgeMs / 1_000 })

  return {
    errand: {
      read: (carried) => parseCookie(carried.cookie ?? '')[isSecure(carried) ? SECURE_PREFIX + ERRAND : ERRAND],
      set: (kept, carried, maxAgeMs) => errandOf(kept, maxAgeMs, isSecure(carried)),
      clear: (carried) => errandOf('', 0, isSecure(carried)),
    },
    read: (carried) => [tokenOf('user', carried), tokenOf('guest', carried)].filter((token) => token !== undefined),
    set: (token, holder, carried) => {
      const secure = isSecure(carried)
      const { apart } = formsOf(holder, secure)[0] ?? { apart: false }
      const others = carriedForms(carried).filter((form) => form.holder !== holder || form.apart !== apart)
      return { 'Set-Cookie': [...others.map((form) => write(form, '', secure)), write({ holder, apart }, token, secure)] }
    },
    clear: (carried) => ({ 'Set-Cookie': carriedForms(carried).map((form) => write(form, '', isSecure(carried))) }),
  }
}
