/** Messages of alerts to this browser: whether they can be had, and switching them on and off. */
import { ref } from 'vue'

import { ApiError } from '../api/http'
import { readPushKey, subscribeBrowser, unsubscribeBrowser } from '../api/endpoints'

export type PushState = 'unavailable' | 'off' | 'on' | 'blocked' | 'busy'

export const pushState = ref<PushState>('unavailable')

/** What this browser can do, and whether the server is set up for it. */
export async function lookAtPush(): Promise<void> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return
  try {
    if ((await readPushKey()).public_key === null) return
  } catch {
    return
  }
  if (Notification.permission === 'denied') {
    pushState.value = 'blocked'
    return
  }
  const registration = await navigator.serviceWorker.getRegistration()
  pushState.value = (await registration?.pushManager.getSubscription()) ? 'on' : 'off'
}

/** Asks for permission and makes this browser the first to be told. Throws what the server answers. */
export async function switchPushOn(): Promise<void> {
  pushState.value = 'busy'
  try {
    const { public_key: key } = await readPushKey()
    if (key === null || (await Notification.requestPermission()) !== 'granted') {
      pushState.value = 'blocked'
      return
    }
    await navigator.serviceWorker.register('/sw.js')
    const registration = await navigator.serviceWorker.ready
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
    const { endpoint, keys } = made.toJSON()
    await subscribeBrowser({ endpoint: endpoint ?? '', p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' })
    pushState.value = 'on'
  } catch (error) {
    pushState.value = 'off'
    throw error instanceof ApiError ? error : new ApiError(0, 'push', '')
  }
}

export async function switchPushOff(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration()
  const made = await registration?.pushManager.getSubscription()
  if (made) {
    await unsubscribeBrowser(made.endpoint)
    await made.unsubscribe()
  }
  pushState.value = 'off'
}

/** URL-safe base64 as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}
