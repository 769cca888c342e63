/** Who is signed in, and what the server says of itself. */
import { computed, readonly, ref } from 'vue'

import * as api from '../api/endpoints'
import { useToken } from '../api/http'
import type { Info, Me, Role } from '../api/types'
import { useAccountLanguage } from '../i18n'
import { correctClock } from './clock'
import { recall, remember } from './memory'

const KEY = 'tongxing.token'

const token = ref<string | null>(recall(KEY))
const account = ref<Me | null>(null)
const server = ref<Info | null>(null)
useToken(token.value)

export const me = readonly(account)
export const info = readonly(server)
export const signedIn = computed(() => token.value !== null)
export const role = computed<Role | null>(() => account.value?.role ?? null)
/** Positions, persons and incidents; operators look after devices and see none of them. */
export const seesPersons = computed(() => role.value !== null && role.value !== 'operator')
export const seesDevices = computed(() => role.value === 'operator' || role.value === 'admin')

function keep(value: string | null): void {
  token.value = value
  useToken(value)
  remember(KEY, value)
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await api.signIn(username, password)
  keep(answer.access_token)
  await loadSession()
}

/** Reads the account and the server's clock; harmless when both are known. */
export async function loadSession(): Promise<void> {
  if (account.value !== null && server.value !== null) return
  const [user, about] = await Promise.all([api.readMe(), api.readInfo()])
  account.value = user
  server.value = about
  useAccountLanguage(user.language)
  correctClock(about.now, about.clock_rate)
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut()
  } catch {
    // The token is dropped here in any case; the server's copy expires by itself.
  }
  forgetSession()
}

export function forgetSession(): void {
  keep(null)
  account.value = null
  server.value = null
}
