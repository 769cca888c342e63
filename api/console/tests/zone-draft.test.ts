import { expect, it } from 'vitest'

import type { Zone } from '../src/api/types'
import { boundsOf, circlePolygon, covers } from '../src/domain/geometry'
import { bodyOf, clickDraft, draftOf, newDraft, problemOf } from '../src/domain/zone-draft'

const CIRCLE: Zone = {
  zone_id: 7,
  person_id: 1,
  name: '家',
  kind: 'safe',
  geometry: { type: 'Point', coordinates: [118, 36.8] },
  radius_m: 250,
  schedule: [{ days: [1, 5], from: '08:00', until: '18:00' }],
}
const SQUARE: Zone = {
  ...CIRCLE,
  geometry: { type: 'Polygon', coordinates: [[[118, 36], [119, 36], [119, 37], [118, 36]]] },
  radius_m: null,
  schedule: null,
}

it.each([CIRCLE, SQUARE])('a zone survives being opened and saved unchanged', (zone) => {
  const { zone_id, person_id, ...body } = zone
  expect(bodyOf(draftOf(zone))).toEqual(body)
  expect([zone_id, person_id]).toEqual([7, 1])
})

it('a polygon is closed when it is sent', () => {
  let draft = { ...newDraft(), name: '公园', shape: 'polygon' as const }
  for (const corner of [[118, 36], [119, 36], [119, 37]]) draft = { ...draft, ...clickDraft(draft, corner), shape: 'polygon' }
  expect(problemOf(draft)).toBeNull()
  expect(bodyOf(draft).geometry.coordinates).toEqual([[[118, 36], [119, 36], [119, 37], [118, 36]]])
})

it.each([
  [{ name: ' ' }, 'name_missing'],
  [{ center: null }, 'center_missing'],
  [{ radius_m: 19 }, 'radius_out_of_range'],
  [{ radius_m: 20 }, null],
  [{ radius_m: 20_000 }, null],
  [{ radius_m: 20_001 }, 'radius_out_of_range'],
  [{ radius_m: NaN }, 'radius_out_of_range'],
  [{ shape: 'polygon' as const, corners: [[0, 0], [1, 0]] }, 'corners_missing'],
  [{ schedule: [] }, 'schedule_empty'],
  [{ schedule: [{ days: [], from: '08:00', until: '09:00' }] }, 'schedule_empty'],
])('%o: %s', (part, problem) => expect(problemOf({ ...draftOf(CIRCLE), ...part })).toBe(problem))

it('a circle is as wide as it says, also east and west', () => {
  const [west, south, east, north] = boundsOf(circlePolygon([118, 36.8], 1_000).coordinates.flat()) ?? [0, 0, 0, 0]
  const metresPerDegree = 111_195
  expect(((north - south) * metresPerDegree) / 2).toBeCloseTo(1_000, -1)
  expect(((east - west) * metresPerDegree * Math.cos((36.8 * Math.PI) / 180)) / 2).toBeCloseTo(1_000, -1)
  expect(covers([west, south, east, north], [118, 36.8])).toBe(true)
  expect(covers([west, south, east, north], [118.1, 36.8])).toBe(false)
})
