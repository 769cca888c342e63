/** One question to the server with its three faces: loading, failed, answered. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'

export interface Loading<Answer> {
  data: ShallowRef<Answer | null>
  error: ShallowRef<unknown>
  busy: Ref<boolean>
  /** Asks (again). Of overlapping questions only the last one's answer counts. */
  load(): Promise<void>
}

export function useLoading<Answer>(ask: () => Promise<Answer>): Loading<Answer> {
  const data = shallowRef<Answer | null>(null)
  const error = shallowRef<unknown>(null)
  const busy = ref(false)
  let latest = 0

  async function load(): Promise<void> {
    latest += 1
    const mine = latest
    busy.value = true
    try {
      const answer = await ask()
      if (mine !== latest) return
      data.value = answer
      error.value = null
    } catch (failed) {
      if (mine === latest) error.value = failed
    } finally {
      if (mine === latest) busy.value = false
    }
  }

  return { data, error, busy, load }
}
