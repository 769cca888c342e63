/** One person's zones and today's trail, for the map; kept current while positions arrive. */
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'

import { listZones, readTrack } from '../api/endpoints'
import type { Track, Zone } from '../api/types'
import { startOfLocalDay } from '../domain/clock'
import { now_ms } from './clock'
import { positions } from './live'
import { role } from './session'
import { DEFAULT_TIME_ZONE } from './wording'

export interface Whereabouts {
  zones: ShallowRef<readonly Zone[]>
  /** Today's way, with what the stream has added since it was read. */
  track: ComputedRef<Track | null>
  reload(): Promise<void>
}

export function useWhereabouts(personId: () => number | null): Whereabouts {
  const zones = shallowRef<readonly Zone[]>([])
  const read = shallowRef<Track | null>(null)
  const heard = shallowRef<[number, number][]>([])

  async function reload(): Promise<void> {
    const id = personId()
    zones.value = []
    read.value = null
    heard.value = []
    if (id === null) return
    const since = new Date(startOfLocalDay(now_ms.value, DEFAULT_TIME_ZONE)).toISOString()
    // Responders are shown the way, not the family's zones. Each answer stands for itself.
    const zonesAsked = role.value === 'responder' ? Promise.resolve({ items: [] }) : listZones(id)
    const [zonesRead, trackRead] = await Promise.allSettled([zonesAsked, readTrack(id, since)])
    if (personId() !== id) return
    if (zonesRead.status === 'fulfilled') zones.value = zonesRead.value.items
    if (trackRead.status === 'fulfilled') read.value = trackRead.value
  }

  watch(personId, reload, { immediate: true })

  const last = computed(() => positions.value.get(personId() ?? -1) ?? null)
  watch(last, (position, before) => {
    if (position === null || position === before || read.value === null) return
    heard.value = [...heard.value, position.geometry.coordinates as [number, number]]
  })

  const track = computed<Track | null>(() => {
    const base = read.value
    if (base === null || heard.value.length === 0) return base
    const coordinates = [...base.geometry.coordinates, ...heard.value]
    return { ...base, geometry: { type: 'LineString', coordinates } }
  })

  return { zones, track, reload }
}
