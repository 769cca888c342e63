/** The server's "now", ticking once a second of real time while the page is visible. */
import { computed, readonly, ref, shallowRef } from 'vue'

import { readClock, setClock } from '../domain/clock'

const clock = shallowRef(setClock(new Date().toISOString(), 1, performance.now()))
const now = ref(Date.now())

/** Milliseconds since 1970 on the server's clock. */
export const now_ms = readonly(now)
export const clockRate = computed(() => clock.value.rate)

export function correctClock(serverNow: string, rate: number): void {
  clock.value = setClock(serverNow, rate, performance.now())
  tick()
}

function tick(): void {
  now.value = readClock(clock.value, performance.now())
}

setInterval(() => {
  if (!document.hidden) tick()
}, 1000)
document.addEventListener('visibilitychange', tick)
