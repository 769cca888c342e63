/** MapLibre, told what to show. The only module (with its markers) that touches the library. */
import {
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type GeoJSONSource,
  type MapMouseEvent,
  type Marker,
} from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import type { FeatureCollection, Position as Coordinates } from 'geojson'

import type { Division, Incident, Language, Position } from '../api/types'
import type { Bounds } from '../domain/geometry'
import { dots, grid, NOTHING } from './features'
import { layers, plainStyle, SOURCES, type SourceName } from './layers'
import { IncidentMarkers, placeDivisions } from './markers'
import { DARK, LIGHT } from './palette'

setWorkerUrl(workerUrl)

/** Zibo, until the data says otherwise. */
const START: [number, number] = [118.05, 36.78]
const START_ZOOM = 9
const CLOSEST_FIT_ZOOM = 16
/** A finger is wider than a dot. */
const TOUCH_PX = 14
/** Names of towns would cover each other below this zoom. */
const TOWN_ZOOM = 11

export interface CareMapOptions {
  container: HTMLElement
  basemapStyleUrl: string | null
  divisions: readonly Division[]
  language: Language
  words: { label: string; zoomIn: string; zoomOut: string }
  controls: boolean
  onSelect(personId: number | null): void
  onPoint(at: Coordinates): void
}

export class CareMap {
  readonly #map: MapLibre
  readonly #incidents: IncidentMarkers
  readonly #dark = matchMedia('(prefers-color-scheme: dark)')
  readonly #pending = new Map<SourceName, FeatureCollection>()
  #names: Marker[] = []
  #ready = false
  #selected = -1

  constructor(private readonly options: CareMapOptions) {
    const { container, basemapStyleUrl, words } = options
    this.#map = new MapLibre({
      container,
      style: basemapStyleUrl ?? plainStyle(this.#palette),
      center: START,
      zoom: START_ZOOM,
      maxZoom: 19,
      attributionControl: basemapStyleUrl === null ? false : { compact: true },
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      locale: {
        'Map.Title': words.label,
        'NavigationControl.ZoomIn': words.zoomIn,
        'NavigationControl.ZoomOut': words.zoomOut,
      },
    })
    this.#map.touchZoomRotate.disableRotation()
    this.#map.keyboard.disableRotation()
    if (options.controls) this.#map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right')
    this.#map.addControl(new ScaleControl({ unit: 'metric', maxWidth: 120 }), 'bottom-left')
    this.#incidents = new IncidentMarkers(this.#map, (personId) => options.onSelect(personId))
    this.#map.on('style.load', () => this.#furnish())
    this.#map.on('click', (event) => this.#clicked(event))
    this.#map.on('zoom', () => this.#markZoom())
    this.#dark.addEventListener('change', this.#repaint)
    this.nameDivisions(options.language)
    this.#markZoom()
  }

  get #palette(): typeof LIGHT {
    return this.#dark.matches ? DARK : LIGHT
  }

  #furnish(): void {
    for (const name of SOURCES) {
      if (!this.#map.getSource(name)) this.#map.addSource(name, { type: 'geojson', data: NOTHING })
    }
    for (const layer of layers(this.#palette)) this.#map.addLayer(layer)
    this.#ready = true
    // A basemap brings its own orientation.
    if (this.options.basemapStyleUrl === null) this.draw('grid', grid(this.options.divisions))
    for (const [name, data] of this.#pending) this.draw(name, data)
    this.select(this.#selected === -1 ? null : this.#selected)
  }

  readonly #repaint = (): void => {
    if (!this.#ready) return
    if (this.options.basemapStyleUrl === null) {
      this.#map.setPaintProperty('ground', 'background-color', this.#palette.ground)
    }
    for (const layer of layers(this.#palette)) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.#map.setPaintProperty(layer.id, name as 'circle-color', value as string)
      }
    }
  }

  #markZoom(): void {
    this.#map.getContainer().classList.toggle('near', this.#map.getZoom() >= TOWN_ZOOM)
  }

  #clicked(event: MapMouseEvent): void {
    this.options.onPoint([event.lngLat.lng, event.lngLat.lat])
    if (!this.#ready) return
    const { x, y } = event.point
    const area: [[number, number], [number, number]] = [
      [x - TOUCH_PX, y - TOUCH_PX],
      [x + TOUCH_PX, y + TOUCH_PX],
    ]
    // Topmost first: who needs attention is met first.
    const hit = this.#map.queryRenderedFeatures(area, { layers: ['persons'] })[0]
    this.options.onSelect(hit ? Number(hit.properties['person_id']) : null)
  }

  draw(name: SourceName, data: FeatureCollection): void {
    this.#pending.set(name, data)
    if (this.#ready) this.#map.getSource<GeoJSONSource>(name)?.setData(data)
  }

  showPersons(positions: ReadonlyMap<number, Position>, incidents: ReadonlyMap<number, Incident>): void {
    this.draw('persons', dots(positions.values(), incidents))
    this.#incidents.show(positions, incidents)
  }

  select(personId: number | null): void {
    this.#selected = personId ?? -1
    if (this.#ready) this.#map.setFilter('selected', ['==', ['get', 'person_id'], this.#selected])
  }

  nameDivisions(language: Language): void {
    for (const marker of this.#names) marker.remove()
    this.#names = placeDivisions(this.#map, this.options.divisions, language)
  }

  fit(bounds: Bounds, padding_px = 48): void {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    this.#map.fitBounds(bounds, { padding: padding_px, maxZoom: CLOSEST_FIT_ZOOM, duration: still ? 0 : 500 })
  }

  center(): Coordinates {
    return this.#map.getCenter().toArray()
  }

  remove(): void {
    this.#dark.removeEventListener('change', this.#repaint)
    this.#map.remove()
  }
}
