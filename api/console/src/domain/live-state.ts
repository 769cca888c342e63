/**
 * What the console knows of positions and incidents, and how each message of the live stream changes it.
 *
 * Pure: (state, message) -> state. Late and doubled messages change nothing; the same object then comes back.
 */
import type { Incident, Position, Positions } from '../api/types'

export interface LiveState {
  readonly positions: ReadonlyMap<number, Position>
  /** Incidents heard or read, open and closed, by id. */
  readonly incidents: ReadonlyMap<number, Incident>
}

export const EMPTY: LiveState = { positions: new Map(), incidents: new Map() }

export const isOpen = (incident: Incident): boolean => incident.state !== 'resolved'

/** Positions read in full replace what was known, save for what is newer already. */
export function withPositions(state: LiveState, read: Positions): LiveState {
  const positions = new Map<number, Position>()
  for (const feature of read.features) {
    const id = feature.properties.person_id
    const known = state.positions.get(id)
    positions.set(id, known && isNewer(known, feature) ? known : feature)
  }
  return { ...state, positions }
}

/** Several `position` messages at once: a map is redrawn per batch, not per message. */
export function withMoves(state: LiveState, moves: readonly Position[]): LiveState {
  let positions: Map<number, Position> | null = null
  for (const feature of moves) {
    const id = feature.properties.person_id
    const known = (positions ?? state.positions).get(id)
    if (known && isNewer(known, feature)) continue
    positions ??= new Map(state.positions)
    positions.set(id, feature)
  }
  return positions ? { ...state, positions } : state
}

export function withIncident(state: LiveState, incident: Incident): LiveState {
  const known = state.incidents.get(incident.incident_id)
  if (known && known.revision >= incident.revision) return state
  const incidents = new Map(state.incidents)
  incidents.set(incident.incident_id, incident)
  return { ...state, incidents }
}

/**
 * The complete list of open incidents: what we thought open and is not in it was closed, or is ours no longer.
 *
 * `asked` is the state when the question was sent: what the stream changed since is newer than the answer.
 */
export function withOpenIncidents(state: LiveState, open: readonly Incident[], asked: LiveState): LiveState {
  const listed = new Set(open.map((incident) => incident.incident_id))
  const incidents = new Map<number, Incident>()
  for (const [id, incident] of state.incidents) {
    const heardSince = asked.incidents.get(id) !== incident
    if (!isOpen(incident) || listed.has(id) || heardSince) incidents.set(id, incident)
  }
  return open.reduce(withIncident, { ...state, incidents })
}

/** Persons with an open incident, from both sources, since either may arrive first. */
export function personsInIncident(state: LiveState): ReadonlyMap<number, Incident> {
  const persons = new Map<number, Incident>()
  for (const incident of state.incidents.values()) {
    if (isOpen(incident)) persons.set(incident.person_id, incident)
  }
  return persons
}

function isNewer(known: Position, heard: Position): boolean {
  return Date.parse(known.properties.at) > Date.parse(heard.properties.at)
}
