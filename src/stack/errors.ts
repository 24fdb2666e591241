/** Something about the machine that a person can put right: the message says what and how. */
export class StackError extends Error {
  override readonly name = 'StackError'
}

const NO_SPACE = /ENOSPC|no space left|disk is full|disk full/i

/** True when the disk, not the source of the error, is what is wrong. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || NO_SPACE.test(messageOf(error))
}

export function diskFull(directory: string): StackError {
  return new StackError(`The disk is full: free some space under ${directory} (about 1 GB is enough) and start again.`)
}

/** The code that Node's own errors carry, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return textIn(error, 'code')
}

export function messageOf(error: unknown): string {
  return textIn(error, 'message') ?? String(error)
}

/** Not `instanceof Error`: under jest, Node's own errors are of another realm. */
function textIn(error: unknown, key: 'code' | 'message'): string | undefined {
  if (typeof error !== 'object' || error === null || !(key in error)) return undefined
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : undefined
}
