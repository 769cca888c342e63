/**
 * The table of the console's words. Pure.
 *
 * A table and one function instead of a library: the keys are checked by the compiler, and nothing is compiled in
 * the browser, which a strict Content-Security-Policy would refuse.
 */
import type { Language } from '../api/types'
import { en } from './en'
import { zhCN } from './zh-CN'

export type MessageKey = keyof typeof zhCN
export type Parameters = Record<string, string | number>
export type Translate = (key: MessageKey, parameters?: Parameters) => string

export const LANGUAGES: readonly Language[] = ['zh-CN', 'en']

const TABLES: Record<Language, Record<MessageKey, string>> = { 'zh-CN': zhCN, en }

export function translate(language: Language, key: MessageKey, parameters: Parameters = {}): string {
  return TABLES[language][key].replace(/\{(\w+)\}/g, (hole, name: string) => String(parameters[name] ?? hole))
}

/** Whether this version has a word for a machine word of the server. */
export function isWord(group: string, word: string): boolean {
  return `${group}.${word}` in zhCN
}

/** The word for a machine word of the server (`kind.sos`); the machine word itself when this version knows none. */
export function translateWord(language: Language, group: string, word: string): string {
  const table: Record<string, string> = TABLES[language]
  return table[`${group}.${word}`] ?? word.replaceAll('_', ' ')
}
