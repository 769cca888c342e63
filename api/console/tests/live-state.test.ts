import { describe, expect, it } from 'vitest'

import type { Incident, Position } from '../src/api/types'
import { compareIncidents } from '../src/domain/incident-order'
import {
  EMPTY,
  personsInIncident,
  withIncident,
  withMoves,
  withOpenIncidents,
  withPositions,
} from '../src/domain/live-state'

function incident(incident_id: number, revision: number, part: Partial<Incident> = {}): Incident {
  return {
    incident_id,
    person_id: incident_id * 10,
    person_name: '王建国',
    state: 'open',
    severity: 'urgent',
    severity_reasons: [],
    kind: 'zone_exit',
    kinds: ['zone_exit'],
    opened_at: '2026-11-21T18:52:00Z',
    updated_at: '2026-11-21T18:52:00Z',
    acknowledged_at: null,
    acknowledged_by: null,
    responding_at: null,
    responding_by: null,
    resolved_at: null,
    resolved_by: null,
    outcome: null,
    note: '',
    called: true,
    sentence: { 'zh-CN': '', en: '' },
    revision,
    ...part,
  }
}

function position(person_id: number, minute: number, longitude = 118): Position {
  return {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [longitude, 36.8] },
    properties: {
      person_id,
      display_name: '王建国',
      at: `2026-11-21T18:${String(minute).padStart(2, '0')}:00Z`,
      accuracy_m: 12,
      source: 'gnss',
      speed_mps: null,
      heading_deg: null,
      battery_pct: null,
      safety: 'inside',
      incident_id: null,
    },
  }
}

describe('positions', () => {
  it('move forward in time only', () => {
    const state = withMoves(EMPTY, [position(1, 10, 118.1)])
    expect(withMoves(state, [position(1, 9, 118.2)])).toBe(state)
    expect(withMoves(state, [position(1, 11, 118.3)]).positions.get(1)?.geometry.coordinates[0]).toBe(118.3)
  })

  it('of one instant may be corrected: the safety state is judged again', () => {
    const state = withMoves(EMPTY, [position(1, 10)])
    const judged = position(1, 10)
    judged.properties.safety = 'outside'
    expect(withMoves(state, [judged]).positions.get(1)?.properties.safety).toBe('outside')
  })

  it('read in full drop who is gone and keep what is newer', () => {
    const state = withMoves(EMPTY, [position(1, 10, 118.1), position(2, 10)])
    const read = withPositions(state, { type: 'FeatureCollection', features: [position(1, 9, 118.9)] })
    expect([...read.positions.keys()]).toEqual([1])
    expect(read.positions.get(1)?.geometry.coordinates[0]).toBe(118.1)
  })
})

describe('incidents', () => {
  it('change with a higher revision only', () => {
    const state = withIncident(EMPTY, incident(1, 5, { state: 'acknowledged' }))
    expect(withIncident(state, incident(1, 5))).toBe(state)
    expect(withIncident(state, incident(1, 4))).toBe(state)
    expect(withIncident(state, incident(1, 6)).incidents.get(1)?.state).toBe('open')
  })

  it('that ended while the line was broken disappear when the list is read', () => {
    const state = withIncident(withIncident(EMPTY, incident(1, 5)), incident(2, 6))
    const read = withOpenIncidents(state, [], state)
    expect(read.incidents.size).toBe(0)
  })

  it('heard while the list was on its way stay', () => {
    const asked = withIncident(EMPTY, incident(1, 5))
    const heard = withIncident(asked, incident(2, 6))
    expect([...withOpenIncidents(heard, [incident(1, 5)], asked).incidents.keys()]).toEqual([1, 2])
  })

  it('that are resolved leave the map', () => {
    const open = withIncident(EMPTY, incident(1, 5))
    expect([...personsInIncident(open).keys()]).toEqual([10])
    expect(personsInIncident(withIncident(open, incident(1, 6, { state: 'resolved', outcome: 'found' }))).size).toBe(0)
  })
})

describe('the order of incidents', () => {
  it('is unanswered first, then gravest, then newest, and resolved last', () => {
    const list = [
      incident(1, 1, { state: 'resolved', severity: 'critical', resolved_at: '2026-11-21T19:00:00Z' }),
      incident(2, 1, { state: 'responding', severity: 'critical' }),
      incident(3, 1, { severity: 'warning' }),
      incident(4, 1, { severity: 'urgent', opened_at: '2026-11-21T18:00:00Z' }),
      incident(5, 1, { severity: 'urgent' }),
    ]
    expect(list.sort(compareIncidents).map(({ incident_id }) => incident_id)).toEqual([5, 4, 3, 2, 1])
  })
  it('puts what nobody is called for behind whatever somebody is, and before what is over', () => {
    const list = [
      incident(1, 1, { state: 'resolved', resolved_at: '2026-11-21T19:00:00Z' }),
      incident(2, 1, { called: false, severity: 'warning' }),
      incident(3, 1, { state: 'responding', severity: 'info' }),
    ]
    expect(list.sort(compareIncidents).map(({ incident_id }) => incident_id)).toEqual([3, 2, 1])
  })
})
