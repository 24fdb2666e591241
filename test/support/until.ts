const SELDOM_MS = 250

/**
 * Asks until the answer is truthy; a test that waits in vain says what it last saw. Whoever has waited for long
 * asks less often, never later than by a twentieth of the wait: the asking would keep busy what is waited for.
 */
export async function until<T>(
  ask: () => Promise<T> | T,
  { timeoutMs = 20_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const begun = Date.now()
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    const waitedMs = Date.now() - begun
    if (waitedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for: ${ask.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, Math.max(everyMs, Math.min(waitedMs / 20, SELDOM_MS))))
  }
}
