import type { ReactNode } from 'react'

/** Characters that do not show, or that change how their neighbours are read. */
// oxlint-disable-next-line no-control-regex
const HIDDEN = /([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb])/

const LONGEST = 20_000

const codeOf = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** Text from outside: never markup, never longer than a page can bear, and nothing hidden in it. */
export function Outside({ text, lines }: { text: string; lines?: 'clamped' }): ReactNode {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)} … (${text.length - LONGEST} more characters)` : text
  const parts = shown.split(HIDDEN)
  return (
    <bdi className={lines ? `outside ${lines}` : 'outside'}>
      {parts.length === 1 ? shown : parts.map((part, i) => (HIDDEN.test(part) ? <span key={i} className="mark">{codeOf(part)}</span> : part))}
    </bdi>
  )
}
