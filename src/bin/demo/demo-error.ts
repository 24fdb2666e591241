/** Something that the person at the terminal can mend: shown without a stack. */
export class DemoError extends Error {
  override name = 'DemoError'
}
