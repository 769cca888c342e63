import { expect, it } from 'vitest'

import type { SearchMap } from '../src/api/types'
import { directionOf, lengthOf, nearbyOf, ringsOf } from '../src/domain/search-words'

const at = (properties: Record<string, unknown>): SearchMap['features'][number] => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [118, 36.8] },
  properties,
})
const map: SearchMap = {
  type: 'FeatureCollection',
  features: [
    at({ what: 'ring', share: 0.95, radius_m: 2000 }),
    at({ what: 'ring', share: 0.5, radius_m: 400 }),
    at({ what: 'place', kind: 'work', name: 'old mill', distance_m: 90, bearing_deg: 10, walking_min: 2 }),
    at({ what: 'danger', kind: 'water', name: 'canal', distance_m: 300, bearing_deg: 44, walking_min: 5 }),
    at({ what: 'last_fix' }),
  ],
  properties: { basis: 'good_fix', at: '2026-11-20T18:53:00Z', elapsed_s: 600 },
}

it('lists the smallest ring first', () => {
  expect(ringsOf(map)).toEqual([
    { share: 0.5, radius_m: 400 },
    { share: 0.95, radius_m: 2000 },
  ])
})

it('names dangers before places, however near', () => {
  expect(nearbyOf(map).map(({ name }) => name)).toEqual(['canal', 'old mill'])
  expect(nearbyOf(map, 1)).toHaveLength(1)
})

it.each([
  [0, 'n'],
  [22, 'n'],
  [23, 'ne'],
  [180, 's'],
  [338, 'n'],
  [337, 'nw'],
  [-90, 'w'],
])('reads %d degrees as %s', (bearing, word) => {
  expect(directionOf(bearing)).toBe(word)
})

it.each([
  [44, '40 m'],
  [994, '990 m'],
  [995, '1.0 km'],
  [2_060, '2.1 km'],
])('writes %d m as %s', (metres, words) => {
  expect(lengthOf(metres)).toBe(words)
})
