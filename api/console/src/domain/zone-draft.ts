/** A zone while it is being drawn, and its way to and from the contract. Pure. */
import type { Position as Coordinates } from 'geojson'

import type { ScheduleEntry, Zone, ZoneBody } from '../api/types'

export const RADIUS_MIN_M = 20
export const RADIUS_MAX_M = 20_000
/** The slider's end; larger radii can be typed. */
export const RADIUS_SLIDER_M = 2_000

export interface ZoneDraft {
  /** Null: a new zone. */
  zoneId: number | null
  name: string
  shape: 'circle' | 'polygon'
  center: Coordinates | null
  radius_m: number
  /** Corners in order, not closed. */
  corners: Coordinates[]
  /** Null: always in force. */
  schedule: ScheduleEntry[] | null
}

export type DraftProblem = 'name_missing' | 'center_missing' | 'radius_out_of_range' | 'corners_missing' | 'schedule_empty'

export function newDraft(): ZoneDraft {
  return { zoneId: null, name: '', shape: 'circle', center: null, radius_m: 200, corners: [], schedule: null }
}

export function draftOf(zone: Zone): ZoneDraft {
  const base = { ...newDraft(), zoneId: zone.zone_id, name: zone.name, schedule: copySchedule(zone.schedule) }
  if (zone.geometry.type === 'Point') {
    return { ...base, center: zone.geometry.coordinates, radius_m: zone.radius_m ?? base.radius_m }
  }
  return { ...base, shape: 'polygon', corners: (zone.geometry.coordinates[0] ?? []).slice(0, -1) }
}

function copySchedule(schedule: ScheduleEntry[] | null): ScheduleEntry[] | null {
  return schedule === null ? null : schedule.map((entry) => ({ ...entry, days: [...entry.days] }))
}

/** A click on the map: moves the circle, or adds a corner. */
export function clickDraft(draft: ZoneDraft, at: Coordinates): ZoneDraft {
  return draft.shape === 'circle' ? { ...draft, center: at } : { ...draft, corners: [...draft.corners, at] }
}

/** What still keeps the draft from being sent; null when nothing does. Whether it is sound, the server says. */
export function problemOf(draft: ZoneDraft): DraftProblem | null {
  if (draft.name.trim() === '') return 'name_missing'
  if (draft.shape === 'circle') {
    if (draft.center === null) return 'center_missing'
    if (!(draft.radius_m >= RADIUS_MIN_M && draft.radius_m <= RADIUS_MAX_M)) return 'radius_out_of_range'
  } else if (draft.corners.length < 3) return 'corners_missing'
  if (draft.schedule?.some((entry) => entry.days.length === 0)) return 'schedule_empty'
  return draft.schedule?.length === 0 ? 'schedule_empty' : null
}

export function bodyOf(draft: ZoneDraft): ZoneBody {
  const base = { name: draft.name.trim(), kind: 'safe' as const, schedule: copySchedule(draft.schedule) }
  if (draft.shape === 'circle') {
    return { ...base, geometry: { type: 'Point', coordinates: draft.center ?? [] }, radius_m: draft.radius_m }
  }
  const ring = [...draft.corners, ...draft.corners.slice(0, 1)]
  return { ...base, geometry: { type: 'Polygon', coordinates: [ring] }, radius_m: null }
}
