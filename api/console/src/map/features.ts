/** What the map draws, as GeoJSON. Pure. */
import type { Feature, FeatureCollection, LineString, Point, Position as Coordinates } from 'geojson'

import type { Division, Incident, Position, Safety, Track, Zone } from '../api/types'
import { boundsOf, circlePolygon, zoneOutline } from '../domain/geometry'
import type { ZoneDraft } from '../domain/zone-draft'

export const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** Painted in this order: what needs attention lies on top. */
const HEIGHT: Record<Safety, number> = { unknown: 0, inside: 1, suspect: 2, outside: 3 }
const INCIDENT_HEIGHT = 10

export interface Dot {
  person_id: number
  safety: Safety
  incident: boolean
  height: number
}

export function dots(
  positions: Iterable<Position>,
  incidents: ReadonlyMap<number, Incident>,
): FeatureCollection<Point, Dot> {
  const features: Feature<Point, Dot>[] = []
  for (const { geometry, properties } of positions) {
    const { person_id, safety, incident_id } = properties
    const incident = incident_id !== null || incidents.has(person_id)
    const height = incident ? INCIDENT_HEIGHT : HEIGHT[safety]
    features.push({ type: 'Feature', geometry, properties: { person_id, safety, incident, height } })
  }
  return { type: 'FeatureCollection', features }
}

export function zoneShapes(zones: readonly Zone[]): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: zones.map((zone) => ({ type: 'Feature', geometry: zoneOutline(zone), properties: {} })),
  }
}

/** The way gone, and a dot for each fix. */
export function trailShapes(track: Track | null): FeatureCollection {
  const line = track?.geometry.coordinates ?? []
  const features: Feature<LineString | Point>[] = line.map((at) => point(at))
  if (line.length > 1) {
    features.unshift({ type: 'Feature', geometry: { type: 'LineString', coordinates: line }, properties: {} })
  }
  return { type: 'FeatureCollection', features }
}

/** How far off the selected fix may be. */
export function accuracyShape(position: Position | null): FeatureCollection {
  if (position === null) return NOTHING
  const geometry = circlePolygon(position.geometry.coordinates, position.properties.accuracy_m)
  return { type: 'FeatureCollection', features: [{ type: 'Feature', geometry, properties: {} }] }
}

export function draftShapes(draft: ZoneDraft | null): FeatureCollection {
  if (draft === null) return NOTHING
  const features: Feature[] = []
  if (draft.shape === 'circle') {
    if (draft.center === null) return NOTHING
    const geometry = circlePolygon(draft.center, draft.radius_m)
    features.push({ type: 'Feature', geometry, properties: {} }, point(draft.center))
  } else {
    const { corners } = draft
    const ring = [...corners, ...corners.slice(0, 1)]
    if (corners.length > 2) features.push({ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: {} })
    if (corners.length === 2) features.push({ type: 'Feature', geometry: { type: 'LineString', coordinates: corners }, properties: {} })
    features.push(...corners.map(point))
  }
  return { type: 'FeatureCollection', features }
}

/** A faint net of tenths of a degree: on plain ground it shows that the map has moved, and how far. */
export function grid(divisions: readonly Division[]): FeatureCollection {
  const bounds = boundsOf(divisions.map(({ longitude, latitude }) => [longitude, latitude]))
  if (bounds === null) return NOTHING
  const [west, south, east, north] = bounds.map((degrees, side) => Math.round(degrees * 10) / 10 + (side < 2 ? -2 : 2)) as [number, number, number, number]
  const lines: Coordinates[][] = []
  for (let x = west; x <= east; x += 0.1) lines.push([[x, south], [x, north]])
  for (let y = south; y <= north; y += 0.1) lines.push([[west, y], [east, y]])
  const geometry = { type: 'MultiLineString' as const, coordinates: lines }
  return { type: 'FeatureCollection', features: [{ type: 'Feature', geometry, properties: {} }] }
}

function point(coordinates: Coordinates): Feature<Point> {
  return { type: 'Feature', geometry: { type: 'Point', coordinates }, properties: {} }
}
