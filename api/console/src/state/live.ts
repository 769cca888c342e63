/** The live picture: positions and incidents, kept current by the stream while somebody is signed in. */
import { computed, ref, shallowRef, watch } from 'vue'

import * as api from '../api/endpoints'
import { listen, type LiveStatus } from '../api/live'
import type { Hello, Incident, Position } from '../api/types'
import { compareIncidents } from '../domain/incident-order'
import * as changes from '../domain/live-state'
import { correctClock } from './clock'
import { seesPersons } from './session'

/** Positions are gathered this long and shown together: 1,500 bracelets may report within one second. */
const BATCH_MS = 500

const state = shallowRef<changes.LiveState>(changes.EMPTY)
export const status = ref<LiveStatus>('connecting')
export const positionsLoaded = ref(false)
/** What went wrong reading the picture, until a later attempt succeeds. */
export const failure = shallowRef<unknown>(null)
/** The newest incident that opened while the page was open; null once dismissed. */
export const announced = shallowRef<Incident | null>(null)

export const positions = computed(() => state.value.positions)
export const openByPerson = computed(() => changes.personsInIncident(state.value))
export const openIncidents = computed(() => [...openByPerson.value.values()].sort(compareIncidents))
/** Those that wait for somebody: what is kept silently is no call. */
export const callingIncidents = computed(() => openIncidents.value.filter((incident) => incident.called))
export const incidents = computed(() => state.value.incidents)

let moves: Position[] = []
let flushTimer: ReturnType<typeof setTimeout> | undefined
let stopListening: (() => void) | null = null

function flush(): void {
  flushTimer = undefined
  state.value = changes.withMoves(state.value, moves)
  moves = []
}

/** Takes in an incident from the stream or from an answer of the server. */
export function hearIncident(incident: Incident): void {
  state.value = changes.withIncident(state.value, incident)
}

function announce(incident: Incident): void {
  const known = state.value.incidents.get(incident.incident_id)
  // What opened silently is announced once it has become more than that.
  const fresh = known === undefined || !changes.isOpen(known) || known.severity === 'info'
  if (incident.state === 'open' && incident.called && incident.severity !== 'info' && fresh) announced.value = incident
  else if (announced.value?.incident_id === incident.incident_id) announced.value = null
}

function onMessage(event: string, data: unknown): void {
  if (event === 'hello') {
    const hello = data as Hello
    correctClock(hello.now, hello.clock_rate)
  } else if (event === 'position') {
    moves.push(data as Position)
    flushTimer ??= setTimeout(flush, BATCH_MS)
  } else if (event === 'incident') {
    announce(data as Incident)
    hearIncident(data as Incident)
  }
}

/** Reads the whole picture; the stream alone would leave holes after a broken line. */
export async function readPicture(): Promise<void> {
  const asked = state.value
  try {
    const [read, open] = await Promise.all([api.listPositions(), api.listIncidents('open', { limit: 200 })])
    state.value = changes.withOpenIncidents(changes.withPositions(state.value, read), open.items, asked)
    positionsLoaded.value = true
    failure.value = null
  } catch (error) {
    failure.value = error
  }
}

function start(): void {
  stopListening = listen({
    onMessage,
    onStatus: (value) => (status.value = value),
    onConnected: () => void readPicture(),
  })
  void readPicture()
}

function stop(): void {
  stopListening?.()
  stopListening = null
  clearTimeout(flushTimer)
  flushTimer = undefined
  moves = []
  state.value = changes.EMPTY
  announced.value = null
  positionsLoaded.value = false
  failure.value = null
}

/** Listens whenever the account may, stops when it signs out. Called once, by the page's frame. */
export function followSession(): void {
  watch(seesPersons, (sees) => (sees ? start() : stop()), { immediate: true })
}
