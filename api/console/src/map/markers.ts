/** The map's HTML: names of places, and the persons in an incident. Few, so they may be elements. */
import { Marker, type Map as MapLibre } from 'maplibre-gl'

import type { Division, Incident, Language, Position } from '../api/types'

/** Beyond this the dots alone must do; nobody reads a hundred names at once. */
const INCIDENT_MARKERS = 60

/** Significant digits of a 12-digit statistical code: 6 for a district, 9 for a town. */
function levelOf(code: string): 'district' | 'town' | 'village' {
  const significant = code.replace(/0+$/, '').length
  if (significant <= 6) return 'district'
  return significant <= 9 ? 'town' : 'village'
}

export function placeDivisions(map: MapLibre, divisions: readonly Division[], language: Language): Marker[] {
  return divisions
    .filter(({ code }) => levelOf(code) !== 'village')
    .map(({ code, name, name_en, longitude, latitude }) => {
      const element = document.createElement('div')
      element.className = `place-name ${levelOf(code)}`
      element.textContent = language === 'en' ? name_en || name : name
      element.setAttribute('aria-hidden', 'true')
      return new Marker({ element, anchor: 'center' }).setLngLat([longitude, latitude]).addTo(map)
    })
}

/** Keeps one pulsing, named, pressable marker for each person in an incident. */
export class IncidentMarkers {
  readonly #markers = new Map<number, Marker>()

  constructor(
    private readonly map: MapLibre,
    private readonly onPress: (personId: number) => void,
  ) {}

  show(positions: ReadonlyMap<number, Position>, incidents: ReadonlyMap<number, Incident>): void {
    const wanted = new Map<number, [Position, Incident]>()
    for (const [personId, incident] of incidents) {
      const position = positions.get(personId)
      if (position && wanted.size < INCIDENT_MARKERS) wanted.set(personId, [position, incident])
    }
    for (const [personId, marker] of this.#markers) {
      if (wanted.has(personId)) continue
      marker.remove()
      this.#markers.delete(personId)
    }
    for (const [personId, [position, incident]] of wanted) this.#place(personId, position, incident)
  }

  #place(personId: number, position: Position, incident: Incident): void {
    const [longitude = 0, latitude = 0] = position.geometry.coordinates
    let marker = this.#markers.get(personId)
    if (marker === undefined) {
      marker = new Marker({ element: this.#element(personId), anchor: 'center' })
      marker.setLngLat([longitude, latitude]).addTo(this.map)
      // MapLibre names every marker "Map marker"; ours is named by its text.
      marker.getElement().removeAttribute('aria-label')
      this.#markers.set(personId, marker)
    }
    marker.setLngLat([longitude, latitude])
    const element = marker.getElement()
    element.dataset['severity'] = incident.severity
    const name = element.querySelector('.name')
    if (name && name.textContent !== incident.person_name) name.textContent = incident.person_name
  }

  #element(personId: number): HTMLElement {
    const element = document.createElement('button')
    element.type = 'button'
    element.className = 'incident-marker'
    const pulse = document.createElement('span')
    pulse.className = 'pulse'
    const name = document.createElement('span')
    name.className = 'name'
    element.append(pulse, name)
    element.addEventListener('click', (event) => {
      event.stopPropagation()
      this.onPress(personId)
    })
    return element
  }
}
