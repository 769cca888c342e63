/** The words of the HTTP contract (`/api/v1`), as the server writes them. No behaviour. */
import type { Feature, FeatureCollection, Geometry, LineString, Point, Polygon } from 'geojson'

/** RFC 3339, UTC, on the server's (possibly scaled) clock. */
export type Instant = string
export type Language = 'zh-CN' | 'en'
export type Role = 'family' | 'responder' | 'operator' | 'admin'
export type Safety = 'unknown' | 'inside' | 'suspect' | 'outside'
export type Severity = 'info' | 'warning' | 'urgent' | 'critical'
export type IncidentState = 'open' | 'acknowledged' | 'responding' | 'resolved'
export type Outcome = 'found' | 'returned' | 'false_alarm' | 'test' | 'cleared'
export type Sentence = Record<Language, string>

export interface Token {
  access_token: string
  token_type: 'bearer'
  expires_in: number
  role: Role
  display_name: string
  language: Language
}

export interface Me {
  user_id: number
  username: string
  display_name: string
  role: Role
  language: Language
  division: string
}

export interface Division {
  code: string
  name: string
  name_en: string
  latitude: number
  longitude: number
}

export type AnswerWay = 'acknowledge' | 'respond' | 'decline'

export type ResponseState = 'accepted' | 'arrived' | 'found' | 'declined'

export interface ResponseRow {
  name: string
  relation: string | null
  state: ResponseState
  leads: boolean
  accepted_at: Instant | null
  arrived_at: Instant | null
  ended_at: Instant | null
  mine: boolean
}

/** Where to look: a GeoJSON FeatureCollection with what the rings stand on. */
export interface SearchMap {
  type: 'FeatureCollection'
  features: { type: 'Feature'; geometry: Geometry; properties: Record<string, unknown> }[]
  properties: { basis: 'good_fix' | 'coarse_fix' | 'vehicle' | 'no_fix'; at: Instant; elapsed_s: number | null }
}

export type LinkKind = 'police' | 'sheet'

export interface HandoverLink {
  link_id: number
  kind: LinkKind | 'finder'
  label: string
  since: Instant
  until: Instant
  revoked_at: Instant | null
  created_by: string | null
  looks: number
  last_look_at: Instant | null
}

export interface FinderReport {
  number: number
  at: Instant
  place: string
  note: string
  callback: string
}

interface Looks {
  called: string
  gender: '' | 'female' | 'male'
  height_cm: number | null
  description: string
  gait: string
  aids: string
  travel_habits: string
  speech: string
  calms: string
}

/** Who to look for, for whoever goes. */
export interface Brief extends Looks {
  display_name: string
  age: number | null
  approach: string
  has_photo: boolean
}

/** The whole profile: for the family and the centre. */
export interface ProfileBody extends Looks {
  medication: string
  routine: string
  places: { name: string; kind: string; latitude: number | null; longitude: number | null; note: string }[]
  key_people: { name: string; relation: string; phone: string }[]
}

export interface Profile extends ProfileBody {
  person_id: number
  has_photo: boolean
  updated_at: Instant | null
  updated_by: string | null
}

export interface Outing {
  outing_id: number
  person_id: number
  kind: 'company' | 'outing'
  companion: string
  since: Instant
  until: Instant
  ended_at: Instant | null
}

/** What a link in a message speaks of. */
export interface AnswerLink {
  title: string
  body: string
  language: Language
  purpose: string
  relation: string
  at: Instant
  expires_at: Instant
  state: string
  outcome: string | null
  taken_by: string | null
  incident_id: number
}

export interface Answered {
  told: 'done' | 'already' | 'over'
  state: string
  taken_by: string | null
}

export interface PushSubscription {
  endpoint: string
  p256dh: string
  auth: string
}

export interface Info {
  now: Instant
  clock_rate: number
  version: string
  basemap_style_url: string | null
  divisions: Division[]
}

export interface DeviceState {
  last_seen_at: Instant | null
  online: boolean | null
  battery_pct: number | null
  charging: boolean | null
  worn: boolean | null
  bed_status: string | null
  missing: number
  repeats: number
  restarts: number
  restarted_at: Instant | null
  flood: DeviceFlood | null
}

/** The last spell in which a device said more than is judged. */
export interface DeviceFlood {
  since: Instant
  until: Instant
  surplus: number
}

export type DeviceKind = 'bracelet' | 'bed'

export interface Device {
  device_id: string
  kind: DeviceKind
  person_id: number | null
  model: string
  retired_at: Instant | null
  state: DeviceState | null
}

export interface Person {
  person_id: number
  external_id: string | null
  display_name: string
  birth_year: number | null
  time_zone: string
  division: string
  approach: string
  devices: Device[]
  open_incident_id: number | null
}

export interface ScheduleEntry {
  /** 1 is Monday, 7 is Sunday. */
  days: number[]
  from: string
  until: string
}

export interface ZoneBody {
  name: string
  kind: 'safe'
  geometry: Point | Polygon
  radius_m: number | null
  schedule: ScheduleEntry[] | null
}

export interface Zone extends ZoneBody {
  zone_id: number
  person_id: number
}

export interface PositionProperties {
  person_id: number
  display_name: string
  at: Instant
  accuracy_m: number
  source: string
  speed_mps: number | null
  heading_deg: number | null
  battery_pct: number | null
  safety: Safety
  incident_id: number | null
}

export type Position = Feature<Point, PositionProperties>
export type Positions = FeatureCollection<Point, PositionProperties>

export interface TrackPoint {
  at: Instant
  accuracy_m: number
  source: string
  speed_mps: number | null
}

/** The server writes a LineString even for no point or one. */
export type Track = Feature<LineString, { points: TrackPoint[] }>

export interface Incident {
  incident_id: number
  person_id: number
  person_name: string
  state: IncidentState
  severity: Severity
  severity_reasons: string[]
  kind: string
  kinds: string[]
  opened_at: Instant
  updated_at: Instant
  acknowledged_at: Instant | null
  acknowledged_by: string | null
  responding_at: Instant | null
  responding_by: string | null
  resolved_at: Instant | null
  resolved_by: string | null
  outcome: Outcome | null
  note: string
  /** Whether somebody is called for it; false: kept silently. */
  called: boolean
  sentence: Sentence
  revision: number
}

export type EvidenceValue = string | number | boolean | null
export type Evidence = Record<string, EvidenceValue>

export interface Place {
  latitude: number
  longitude: number
  accuracy_m: number | null
  at: Instant | null
}

export interface Detection {
  detection_id: string
  kind: string
  reason: string
  at: Instant
  device_id: string | null
  place: Place | null
  zone_id: number | null
  evidence: Evidence
  sentence: Sentence
}

export interface TimelineEvent {
  at: Instant
  kind: string
  actor: string | null
  data: Record<string, unknown>
}

export interface NotificationRecord {
  receiver: string
  relation: string
  channel: string
  purpose: string
  state: string
  attempts: number
  created_at: Instant
  delivered_wall: Instant | null
}

export interface EscalationStep {
  round: number
  position: number
  due_at: Instant
  audiences: string[]
  state: 'pending' | 'fired' | 'cancelled'
}

export interface IncidentDetail extends Incident {
  detections: Detection[]
  timeline: TimelineEvent[]
  notifications: NotificationRecord[]
  approach: string
  steps: EscalationStep[]
}

/** A device that speaks and is in nobody's use. */
export interface Stranger {
  device_id: string
  standing: 'stranger' | 'unassigned' | 'retired'
  formats: string[]
  is_bed: boolean
  first_heard_at: Instant
  last_heard_at: Instant
  messages: number
}

/** A login at the broker with its secret, which is shown once. */
export interface IssuedCredential {
  credential_id: number
  login: string
  secret: string
  format: string
  overlap_until: Instant | null
}

export interface QuarantineItem {
  quarantine_id: number
  received_at: Instant
  topic: string
  device_id: string | null
  reason: string
  detail: string
  payload_size: number
  payload_preview: string
}

export interface Access {
  at: Instant
  user: string | null
  /** For whom the link was that was looked through; null: a login looked. */
  link: string | null
  what: string
}

export interface Page<Item> {
  items: Item[]
  next?: string | number | null
}

export interface Hello {
  now: Instant
  clock_rate: number
}
