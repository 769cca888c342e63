/** The language in use: remembered on this device, else the account's, else the browser's. */
import { computed, ref, watchEffect } from 'vue'

import type { Language } from '../api/types'
import { recall, remember } from '../state/memory'
import { isWord, LANGUAGES, translate, translateWord, type Translate } from './messages'

const KEY = 'tongxing.language'

const chosen = ref<Language | null>(asLanguage(recall(KEY)))
const account = ref<Language | null>(null)

function asLanguage(value: string | null): Language | null {
  return LANGUAGES.find((language) => language === value) ?? null
}

function browserLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
}

export const language = computed<Language>(() => chosen.value ?? account.value ?? browserLanguage())

export function chooseLanguage(value: Language): void {
  chosen.value = value
  remember(KEY, value)
}

export function useAccountLanguage(value: Language | null): void {
  account.value = value
}

export const t: Translate = (key, parameters) => translate(language.value, key, parameters)
export const hasWord = isWord
export const word = (group: string, value: string): string => translateWord(language.value, group, value)

watchEffect(() => {
  document.documentElement.lang = language.value
})
