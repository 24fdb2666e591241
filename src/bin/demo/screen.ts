import { styleText } from 'node:util'

/** What the demo shows, line by line. */
export interface Screen {
  title: (text: string) => void
  step: (text: string) => void
  line: (text: string) => void
  good: (text: string) => void
  bad: (text: string) => void
  /** What a person would type for the same. */
  command: (text: string) => void
}

type Style = Parameters<typeof styleText>[0]

/** Coloured only for people. */
export function createScreen(write: (text: string) => void, isColoured: boolean): Screen {
  const paint = (style: Style, text: string): string => (isColoured ? styleText(style, text, { validateStream: false }) : text)
  let steps = 0
  return {
    title: (text) => write(`\n${paint('bold', text)}\n`),
    step: (text) => write(`\n${paint('bold', `${++steps}. ${text}`)}\n`),
    line: (text) => write(`   ${text}\n`),
    good: (text) => write(`   ${paint('green', '✓')} ${text}\n`),
    bad: (text) => write(`   ${paint('red', '✗')} ${text}\n`),
    command: (text) => write(`   ${paint('dim', `$ ${text}`)}\n`),
  }
}
