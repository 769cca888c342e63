/** The layers of the map, bottom first, and how the palette paints them. */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'

import type { Palette } from './palette'

export const SOURCES = ['grid', 'search', 'zones', 'trail', 'accuracy', 'persons', 'draft'] as const
export type SourceName = (typeof SOURCES)[number]

/** No tiles, glyphs or sprites: nothing here makes a request. */
export function plainStyle(palette: Palette): StyleSpecification {
  return {
    version: 8,
    sources: {},
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': palette.ground } }],
  }
}

function bySafety(palette: Palette): ExpressionSpecification {
  const { inside, suspect, outside, unknown } = palette
  return ['match', ['get', 'safety'], 'inside', inside, 'suspect', suspect, 'outside', outside, unknown]
}

/** Grows with the zoom, so that 1,500 dots do not cover a city seen from afar. */
function sized(far: number, near: number): ExpressionSpecification {
  return ['interpolate', ['linear'], ['zoom'], 8, far, 15, near]
}

const POINTS = ['==', ['geometry-type'], 'Point'] as ExpressionSpecification
const POLYGONS = ['==', ['get', 'what'], 'ring'] as ExpressionSpecification
const LINES = ['==', ['geometry-type'], 'LineString'] as ExpressionSpecification

export function layers(palette: Palette): LayerSpecification[] {
  const { zone, trail, draft, edge } = palette
  return [
    { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': palette.grid, 'line-width': 1 } },
    {
      id: 'search-fill',
      type: 'fill',
      source: 'search',
      filter: POLYGONS,
      paint: { 'fill-color': palette.suspect, 'fill-opacity': 0.1 },
    },
    {
      id: 'search-line',
      type: 'line',
      source: 'search',
      filter: POLYGONS,
      paint: { 'line-color': palette.suspect, 'line-width': 1.5, 'line-dasharray': [3, 2] },
    },
    {
      id: 'search-danger',
      type: 'line',
      source: 'search',
      filter: ['==', ['get', 'what'], 'danger'],
      paint: { 'line-color': palette.outside, 'line-width': 3, 'line-opacity': 0.7 },
    },
    { id: 'zones-fill', type: 'fill', source: 'zones', paint: { 'fill-color': zone, 'fill-opacity': 0.13 } },
    { id: 'zones-line', type: 'line', source: 'zones', paint: { 'line-color': zone, 'line-width': 2 } },
    { id: 'accuracy', type: 'fill', source: 'accuracy', paint: { 'fill-color': trail, 'fill-opacity': 0.15 } },
    {
      id: 'trail-line',
      type: 'line',
      source: 'trail',
      filter: LINES,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': trail, 'line-width': 3, 'line-opacity': 0.8 },
    },
    {
      id: 'trail-fixes',
      type: 'circle',
      source: 'trail',
      filter: POINTS,
      minzoom: 13,
      paint: { 'circle-color': edge, 'circle-radius': 3, 'circle-stroke-color': trail, 'circle-stroke-width': 1.5 },
    },
    {
      id: 'persons',
      type: 'circle',
      source: 'persons',
      layout: { 'circle-sort-key': ['get', 'height'] },
      paint: {
        'circle-color': ['case', ['==', ['get', 'safety'], 'unknown'], edge, bySafety(palette)],
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, ['case', ['get', 'incident'], 7, ['>', ['get', 'height'], 1], 5, 3.2], 15, ['case', ['get', 'incident'], 11, 8]],
        'circle-stroke-color': ['case', ['==', ['get', 'safety'], 'unknown'], palette.unknown, edge],
        'circle-stroke-width': sized(1, 2),
      },
    },
    {
      id: 'selected',
      type: 'circle',
      source: 'persons',
      filter: ['==', ['get', 'person_id'], -1],
      paint: {
        'circle-color': 'rgba(0, 0, 0, 0)',
        'circle-radius': sized(9, 15),
        'circle-stroke-color': trail,
        'circle-stroke-width': 3,
      },
    },
    { id: 'draft-fill', type: 'fill', source: 'draft', paint: { 'fill-color': draft, 'fill-opacity': 0.18 } },
    {
      id: 'draft-line',
      type: 'line',
      source: 'draft',
      paint: { 'line-color': draft, 'line-width': 2.5, 'line-dasharray': [2, 1.5] },
    },
    {
      id: 'draft-points',
      type: 'circle',
      source: 'draft',
      filter: POINTS,
      paint: { 'circle-color': draft, 'circle-radius': 6, 'circle-stroke-color': edge, 'circle-stroke-width': 2 },
    },
  ]
}
