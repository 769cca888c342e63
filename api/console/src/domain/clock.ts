/** The server's clock, which may run faster than the wall's. Pure: readings of a monotonic clock come in as data. */

export interface ServerClock {
  /** Milliseconds since 1970 on the server's clock … */
  readonly base_ms: number
  /** … at this reading of the monotonic clock. */
  readonly seen_ms: number
  /** Simulated seconds in a real second; 1 in production. */
  readonly rate: number
}

export function setClock(now: string, rate: number, monotonic_ms: number): ServerClock {
  return { base_ms: Date.parse(now), seen_ms: monotonic_ms, rate: rate > 0 ? rate : 1 }
}

export function readClock(clock: ServerClock, monotonic_ms: number): number {
  return clock.base_ms + (monotonic_ms - clock.seen_ms) * clock.rate
}

/** The start of the local day that holds `at_ms`, in milliseconds since 1970. */
export function startOfLocalDay(at_ms: number, timeZone: string): number {
  const midnight = Math.floor((at_ms + offset_ms(at_ms, timeZone)) / DAY_MS) * DAY_MS
  // Asked again near midnight itself, so that a change of summer time during the day is respected.
  const guess = midnight - offset_ms(at_ms, timeZone)
  return midnight - offset_ms(guess, timeZone)
}

const DAY_MS = 86_400_000

function offset_ms(at_ms: number, timeZone: string): number {
  const parts: Record<string, number> = {}
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  for (const { type, value } of format.formatToParts(at_ms)) parts[type] = Number(value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at_ms / 1000) * 1000
}
