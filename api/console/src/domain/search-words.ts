/** What a search map says in figures: how far each ring reaches, and what lies inside. Pure. */
import type { SearchMap } from '../api/types'

export interface Ring {
  share: number
  radius_m: number
}

export interface Nearby {
  what: 'danger' | 'place'
  kind: string
  name: string
  distance_m: number
  bearing_deg: number
  walking_min: number
}

/** The smallest ring first. */
export function ringsOf(map: SearchMap): Ring[] {
  return map.features
    .filter(({ properties }) => properties['what'] === 'ring')
    .map(({ properties }) => ({ share: Number(properties['share']), radius_m: Number(properties['radius_m']) }))
    .sort((a, b) => a.share - b.share)
}

/** Dangers before places, the nearest first. */
export function nearbyOf(map: SearchMap, most = 6): Nearby[] {
  const found: Nearby[] = []
  for (const { properties } of map.features) {
    const what = properties['what']
    if (what !== 'danger' && what !== 'place') continue
    found.push({
      what,
      kind: String(properties['kind'] ?? ''),
      name: String(properties['name'] ?? ''),
      distance_m: Number(properties['distance_m']),
      bearing_deg: Number(properties['bearing_deg']),
      walking_min: Number(properties['walking_min']),
    })
  }
  const rank = (one: Nearby): number => (one.what === 'danger' ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b) || a.distance_m - b.distance_m).slice(0, most)
}

const EIGHTHS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const
export type Direction = (typeof EIGHTHS)[number]

/** The eighth of the compass a bearing lies in. Degrees clockwise from north. */
export function directionOf(bearing_deg: number): Direction {
  const index = ((Math.round(bearing_deg / 45) % 8) + 8) % 8
  return EIGHTHS[index] ?? 'n'
}

/** Metres as they are read: 640 m, 2.1 km. */
export function lengthOf(distance_m: number): string {
  if (distance_m < 995) return `${Math.round(distance_m / 10) * 10} m`
  return `${(distance_m / 1000).toFixed(1)} km`
}
