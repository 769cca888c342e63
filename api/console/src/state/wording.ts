/** Instants, errors and sentences in the language in use. */
import { ApiError } from '../api/http'
import type { Sentence } from '../api/types'
import { ago, span } from '../domain/relative-time'
import { hasWord, language, t, word } from '../i18n'
import { now_ms } from './clock'

/** The programme is in Zibo; a person's own zone is used where it is known. */
export const DEFAULT_TIME_ZONE = 'Asia/Shanghai'

function format(at: string | number, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  const instant = new Date(at)
  if (Number.isNaN(instant.getTime())) return '–'
  return new Intl.DateTimeFormat(language.value, { timeZone, hourCycle: 'h23', ...options }).format(instant)
}

export function clockTime(at: string | number, timeZone = DEFAULT_TIME_ZONE): string {
  return format(at, timeZone, { hour: '2-digit', minute: '2-digit' })
}

export function clockSeconds(at: string | number, timeZone = DEFAULT_TIME_ZONE): string {
  return format(at, timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** Hours, minutes and seconds; with the day when that is another than `beside`'s. */
export function clockOrDay(at: string, beside: string): string {
  const day = (instant: string): string => format(instant, DEFAULT_TIME_ZONE, { month: 'short', day: 'numeric' })
  return day(at) === day(beside) ? clockSeconds(at) : dateTime(at)
}

export function dateTime(at: string | number, timeZone = DEFAULT_TIME_ZONE): string {
  return format(at, timeZone, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
}

export const since = (at: string): string => ago(at, now_ms.value, language.value)
export const lasted = (from: string, until_ms: number): string =>
  span((until_ms - Date.parse(from)) / 1000, language.value)

export const spoken = (sentence: Sentence): string => sentence[language.value] || sentence['zh-CN']

/** What to tell the reader about a failed question. The server's own, English, words stand in where ours know none. */
export function describeError(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.server', { status: '?' })
  if (error.status === 0) return t('error.unreachable')
  if (error.status === 403) return t('error.forbidden')
  if (error.status === 404) return t('error.not_found')
  if (hasWord('problem', error.reason)) return word('problem', error.reason)
  if (error.detail) return error.detail
  return t('error.server', { status: error.status })
}
