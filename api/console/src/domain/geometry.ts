/** Small geometry for drawing zones; judging them is the server's work. WGS-84, [longitude, latitude]. */
import type { Polygon, Position as Coordinates } from 'geojson'

import type { Zone, ZoneBody } from '../api/types'

const EARTH_RADIUS_M = 6_371_008.8
const CIRCLE_CORNERS = 72

/** A circle as a polygon, for drawing only: at 5 km its edge is within a few metres. */
export function circlePolygon(center: Coordinates, radius_m: number): Polygon {
  const [longitude = 0, latitude = 0] = center
  const north = (radius_m / EARTH_RADIUS_M) * (180 / Math.PI)
  const east = north / Math.cos((latitude * Math.PI) / 180)
  const ring: Coordinates[] = []
  for (let corner = 0; corner < CIRCLE_CORNERS; corner += 1) {
    const angle = (corner / CIRCLE_CORNERS) * 2 * Math.PI
    ring.push([longitude + east * Math.cos(angle), latitude + north * Math.sin(angle)])
  }
  ring.push(ring[0] as Coordinates)
  return { type: 'Polygon', coordinates: [ring] }
}

/** The outline of any zone, for drawing. */
export function zoneOutline(zone: Pick<ZoneBody, 'geometry' | 'radius_m'>): Polygon {
  if (zone.geometry.type === 'Polygon') return zone.geometry
  return circlePolygon(zone.geometry.coordinates, zone.radius_m ?? 0)
}

export type Bounds = [west: number, south: number, east: number, north: number]

/** The smallest box around all coordinates; null when there are none. */
export function boundsOf(coordinates: Iterable<Coordinates>): Bounds | null {
  let bounds: Bounds | null = null
  for (const [longitude = 0, latitude = 0] of coordinates) {
    if (bounds === null) bounds = [longitude, latitude, longitude, latitude]
    bounds = [
      Math.min(bounds[0], longitude),
      Math.min(bounds[1], latitude),
      Math.max(bounds[2], longitude),
      Math.max(bounds[3], latitude),
    ]
  }
  return bounds
}

export function zonesBounds(zones: readonly Zone[]): Coordinates[] {
  return zones.flatMap((zone) => zoneOutline(zone).coordinates.flat())
}

export function covers([west, south, east, north]: Bounds, [longitude = NaN, latitude = NaN]: Coordinates): boolean {
  return west <= longitude && longitude <= east && south <= latitude && latitude <= north
}
