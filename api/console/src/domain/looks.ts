/** Who looked at somebody's whereabouts, told so that it can be read: one line a visit, not one a request. Pure. */
import type { Access } from '../api/types'

/** What lies less than so long apart is one visit. Milliseconds: a quarter of an hour. */
const VISIT_MS = 15 * 60 * 1000

export interface Visit {
  user: string | null
  link: string | null
  since: string
  until: string
  /** What was looked at, each once, in the order of first sight. */
  what: string[]
  times: number
}

/** Visits, the newest first, of looks that come newest first. */
export function visits(looks: readonly Access[]): Visit[] {
  const found: Visit[] = []
  for (const look of looks) {
    const visit = found.find((one) => one.user === look.user && one.link === look.link && isNear(one.since, look.at))
    if (visit) {
      visit.since = look.at
      visit.times += 1
      if (!visit.what.includes(look.what)) visit.what.unshift(look.what)
    } else {
      found.push({ user: look.user, link: look.link, since: look.at, until: look.at, what: [look.what], times: 1 })
    }
  }
  return found
}

function isNear(later: string, earlier: string): boolean {
  return Date.parse(later) - Date.parse(earlier) <= VISIT_MS
}
