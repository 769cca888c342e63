/** "3 minutes ago", "in 40 s": distances in time as a person says them. Pure. */
import type { Language } from '../api/types'

const MINUTE_S = 60
const HOUR_S = 3_600
const DAY_S = 86_400

/** Below this an event is simply "now": clocks and networks do not agree better. */
const NOW_S = 5

/** How long ago `at` was. Instants ahead of `now` (clock skew) count as now. */
export function ago(at: string, now_ms: number, language: Language): string {
  const elapsed_s = (now_ms - Date.parse(at)) / 1000
  if (!Number.isFinite(elapsed_s)) return '–'
  if (elapsed_s < NOW_S) return language === 'en' ? 'just now' : '刚刚'
  const text = span(elapsed_s, language)
  return language === 'en' ? `${text} ago` : `${text}前`
}

/** A length of time in its one or two largest units. */
export function span(duration_s: number, language: Language): string {
  const total = Math.max(0, Math.floor(duration_s))
  const english = language === 'en'
  if (total < MINUTE_S) return english ? `${total} s` : `${total} 秒`
  if (total < HOUR_S) {
    const minutes = Math.floor(total / MINUTE_S)
    return english ? `${minutes} min` : `${minutes} 分钟`
  }
  if (total < DAY_S) return hours(total, english)
  const days = Math.floor(total / DAY_S)
  return english ? `${days} ${days === 1 ? 'day' : 'days'}` : `${days} 天`
}

function hours(total_s: number, english: boolean): string {
  const whole = Math.floor(total_s / HOUR_S)
  const minutes = Math.floor((total_s % HOUR_S) / MINUTE_S)
  if (minutes === 0) return english ? `${whole} h` : `${whole} 小时`
  return english ? `${whole} h ${minutes} min` : `${whole} 小时 ${minutes} 分`
}

/** Time left as a display, `1:05` or `2:03:09`; never below zero. */
export function countdown(due: string, now_ms: number): string {
  const left_s = Math.max(0, Math.ceil((Date.parse(due) - now_ms) / 1000))
  const seconds = String(left_s % MINUTE_S).padStart(2, '0')
  const minutes = Math.floor((left_s % HOUR_S) / MINUTE_S)
  const whole = Math.floor(left_s / HOUR_S)
  return whole > 0 ? `${whole}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}
