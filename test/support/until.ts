/** Asks until the answer is truthy; a test that waits in vain says what it last saw. */
export async function until<T>(
  ask: () => Promise<T> | T,
  { timeoutMs = 20_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${ask.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
