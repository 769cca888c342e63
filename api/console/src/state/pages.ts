/** A long list read page by page, with its three faces: loading, failed, answered. */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'

import type { Page } from '../api/types'

type Cursor = string | number | null

export interface Pages<Item> {
  items: ShallowRef<readonly Item[]>
  error: ShallowRef<unknown>
  busy: Ref<boolean>
  hasMore: ComputedRef<boolean>
  /** From the first page on; answers still under way are ignored. */
  restart(): Promise<void>
  /** The next page; after a failure, the same page again. */
  loadMore(): Promise<void>
}

export function usePages<Item>(ask: (after: Cursor) => Promise<Page<Item>>): Pages<Item> {
  const items = shallowRef<readonly Item[]>([])
  const error = shallowRef<unknown>(null)
  const busy = ref(true)
  const next = ref<Cursor>(null)
  let latest = 0

  async function load(after: Cursor): Promise<void> {
    latest += 1
    const mine = latest
    busy.value = true
    try {
      const answer = await ask(after)
      if (mine !== latest) return
      items.value = after === null ? answer.items : [...items.value, ...answer.items]
      next.value = answer.next ?? null
      error.value = null
    } catch (failed) {
      if (mine === latest) error.value = failed
    } finally {
      if (mine === latest) busy.value = false
    }
  }

  return {
    items,
    error,
    busy,
    hasMore: computed(() => next.value !== null),
    restart: () => load(null),
    loadMore: () => load(next.value),
  }
}

const TYPING_PAUSE_MS = 250

/** Calls `action` once typing has paused. */
export function afterTyping(action: () => void): () => void {
  let pause: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(pause)
    pause = setTimeout(action, TYPING_PAUSE_MS)
  }
}
