/** What a page tells the map to show. */
import type { Incident, Position, SearchMap, Track, Zone } from '../api/types'
import type { Bounds } from '../domain/geometry'
import type { ZoneDraft } from '../domain/zone-draft'

export interface MapProps {
  positions: ReadonlyMap<number, Position>
  incidents: ReadonlyMap<number, Incident>
  selected?: number | null | undefined
  zones?: readonly Zone[] | undefined
  track?: Track | null | undefined
  /** Rings and dangers of a search. */
  search?: SearchMap | null | undefined
  draft?: ZoneDraft | null | undefined
  /** Shown whenever it changes. */
  bounds?: Bounds | null | undefined
  /** Without zoom buttons, where the map is small. */
  plain?: boolean | undefined
}
