/** How long to wait before trying a broken line again. */

const FIRST_MS = 1_000
const LONGEST_MS = 30_000

/** Doubles with every failure, spread by half so that a thousand phones do not return at once. */
export function retryDelay_ms(failures: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1))
  return full * (0.5 + random / 2)
}
