/** Every call of the contract the console makes, one line each. */
import { get, readFile, request, sendFile } from './http'
import type * as T from './types'

export const signIn = (username: string, password: string): Promise<T.Token> =>
  request('POST', '/token', new URLSearchParams({ grant_type: 'password', username, password }))
export const signOut = (): Promise<void> => request('DELETE', '/token')
export const readMe = (): Promise<T.Me> => get('/me')
export const readInfo = (): Promise<T.Info> => get('/info')

export const listPersons = (query: string, after?: string | number | null): Promise<T.Page<T.Person>> =>
  get('/persons', { query, limit: 50, after })
export const readPerson = (personId: number): Promise<T.Person> => get(`/persons/${personId}`)
export const listAccesses = (personId: number): Promise<T.Page<T.Access>> => get(`/persons/${personId}/accesses`)

export const listZones = (personId: number): Promise<T.Page<T.Zone>> => get(`/persons/${personId}/zones`)
export const addZone = (personId: number, zone: T.ZoneBody): Promise<T.Zone> =>
  request('POST', `/persons/${personId}/zones`, zone)
export const replaceZone = (zoneId: number, zone: T.ZoneBody): Promise<T.Zone> =>
  request('PUT', `/zones/${zoneId}`, zone)
export const deleteZone = (zoneId: number): Promise<void> => request('DELETE', `/zones/${zoneId}`)

export const listPositions = (): Promise<T.Positions> => get('/positions')
export const readPosition = (personId: number): Promise<T.Position> => get(`/persons/${personId}/position`)
export const readTrack = (personId: number, since: T.Instant, until?: T.Instant): Promise<T.Track> =>
  get(`/persons/${personId}/track`, { since, until })

export type IncidentFilter = 'open' | 'resolved' | 'all'
export const listIncidents = (
  state: IncidentFilter,
  options: { person_id?: number; limit?: number; before?: string | number | null } = {},
): Promise<T.Page<T.Incident>> => get('/incidents', { state, ...options })
export const readIncident = (incidentId: number): Promise<T.IncidentDetail> => get(`/incidents/${incidentId}`)
export const acknowledge = (incidentId: number): Promise<T.Incident> =>
  request('POST', `/incidents/${incidentId}/acknowledge`)
export const resolve = (incidentId: number, outcome: T.Outcome, note: string): Promise<T.Incident> =>
  request('POST', `/incidents/${incidentId}/resolve`, { outcome, note })
export const addNote = (incidentId: number, text: string): Promise<T.Incident> =>
  request('POST', `/incidents/${incidentId}/notes`, { text })

type Said = 'accept' | 'arrive' | 'decline'
export const sayOnIncident = (incidentId: number, said: Said): Promise<unknown> =>
  request('POST', `/incidents/${incidentId}/${said}`)
export const listResponses = (incidentId: number): Promise<T.Page<T.ResponseRow>> =>
  get(`/incidents/${incidentId}/responses`)
export const readSearch = (incidentId: number): Promise<T.SearchMap> => get(`/incidents/${incidentId}/search`)

export const giveLink = (incidentId: number, kind: T.LinkKind): Promise<{ url: string; until: T.Instant }> =>
  request('POST', `/incidents/${incidentId}/links`, { kind })
export const listLinks = (incidentId: number): Promise<T.Page<T.HandoverLink>> => get(`/incidents/${incidentId}/links`)
export const revokeLink = (linkId: number): Promise<void> => request('DELETE', `/links/${linkId}`)
export const listReports = (incidentId: number): Promise<T.Page<T.FinderReport>> =>
  get(`/incidents/${incidentId}/reports`)
export const readBrief = (incidentId: number): Promise<T.Brief> => get(`/incidents/${incidentId}/brief`)
export const readIncidentPhoto = (incidentId: number): Promise<Blob> => readFile(`/incidents/${incidentId}/photo`)
export const readTimelineTable = (incidentId: number): Promise<Blob> =>
  readFile(`/incidents/${incidentId}/timeline?format=csv`)

export const readProfile = (personId: number): Promise<T.Profile> => get(`/persons/${personId}/profile`)
export const replaceProfile = (personId: number, profile: T.ProfileBody): Promise<T.Profile> => {
  const { called, gender, height_cm, description, gait, aids, medication, routine } = profile
  const { travel_habits, speech, calms, places, key_people } = profile
  return request('PUT', `/persons/${personId}/profile`, {
    ...{ called, gender, height_cm, description, gait, aids, medication, routine },
    ...{ travel_habits, speech, calms, places, key_people },
  })
}
export const readPersonPhoto = (personId: number): Promise<Blob> => readFile(`/persons/${personId}/photo`)
export const replacePhoto = (personId: number, photo: Blob): Promise<void> => sendFile(`/persons/${personId}/photo`, photo)

export const listOutings = (personId: number): Promise<T.Page<T.Outing>> => get(`/persons/${personId}/outings`)
export const beginOuting = (personId: number, companion: string, until: T.Instant): Promise<T.Outing> =>
  request('POST', `/persons/${personId}/outings`, { kind: 'company', companion, until })
export const endOuting = (outingId: number): Promise<T.Outing> => request('POST', `/outings/${outingId}/end`)

export const readAnswerLink = (code: string): Promise<T.AnswerLink> => get(`/answers/${encodeURIComponent(code)}`)
export const answerByLink = (code: string, way: T.AnswerWay): Promise<T.Answered> =>
  request('POST', `/answers/${encodeURIComponent(code)}`, { way })
export const readPushKey = (): Promise<{ public_key: string | null }> => get('/push/key')
export const subscribeBrowser = (subscription: T.PushSubscription): Promise<void> =>
  request('PUT', '/push/subscription', subscription)
export const unsubscribeBrowser = (endpoint: string): Promise<void> =>
  request('DELETE', `/push/subscription?${new URLSearchParams({ endpoint }).toString()}`)

export interface DeviceQuery {
  query?: string
  kind?: T.DeviceKind | ''
  problem?: string
  limit?: number
  after?: string | number | null
}
export const listDevices = (query: DeviceQuery): Promise<T.Page<T.Device>> => get('/devices', { ...query })
export const addDevice = (deviceId: string, kind: T.DeviceKind): Promise<T.Device> =>
  request('POST', '/devices', { device_id: deviceId, kind })
export const listStrangers = (): Promise<T.Page<T.Stranger>> => get('/strangers')
export const issueCredential = (deviceId: string, format: string): Promise<T.IssuedCredential> =>
  request('POST', `/devices/${encodeURIComponent(deviceId)}/credentials`, { format })
export const listQuarantine = (reason: string): Promise<T.Page<T.QuarantineItem>> =>
  get('/quarantine', { reason, limit: 100 })
