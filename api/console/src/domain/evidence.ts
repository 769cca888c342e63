/**
 * The numbers behind a detection, as lines a daughter can read.
 *
 * Pure. Known keys get words and units; a key this version does not know is shown as it is, never dropped.
 */
import type { Detection, Evidence, EvidenceValue, Language } from '../api/types'
import type { MessageKey, Translate } from '../i18n/messages'
import { span } from './relative-time'

export interface Fact {
  label: string
  value: string
}

type Wording = (value: EvidenceValue, evidence: Evidence, words: Words) => string | null

export interface Words {
  t: Translate
  language: Language
  /** An RFC 3339 instant as local time, with the day when it is another than the detection's. */
  clock(at: string): string
}

/** Metres below a kilometre, else kilometres with one decimal. */
export function metres(value_m: number): string {
  const size = Math.abs(value_m)
  return size < 1000 ? `${Math.round(size)} m` : `${(size / 1000).toFixed(1)} km`
}

const accuracy: Wording = (value) => (typeof value === 'number' ? `± ${metres(value)}` : null)
const count: Wording = (value) => (typeof value === 'number' ? String(value) : null)
const instant: Wording = (value, _, { clock }) => (typeof value === 'string' ? clock(value) : null)
/** Below a second a message is not late. */
const delay: Wording = (value, evidence, words) =>
  typeof value === 'number' && value >= 1 ? duration(value, evidence, words) : null
const duration: Wording = (value, _, { language }) => (typeof value === 'number' ? span(value, language) : null)
const minutes: Wording = (value, _, { language }) => (typeof value === 'number' ? span(value * 60, language) : null)
const percent: Wording = (value) => (typeof value === 'number' ? `${Math.round(value)} %` : null)
const gravity: Wording = (value) => (typeof value === 'number' ? `${value.toFixed(1)} g` : null)
const degrees: Wording = (value) => (typeof value === 'number' ? `${Math.round(value)}°` : null)
const signedSeconds: Wording = (value) => (typeof value === 'number' ? `${Math.round(value)} s` : null)
const yesNo: Wording = (value, _, { t }) => (typeof value === 'boolean' ? t(value ? 'evidence.yes' : 'evidence.no') : null)
/** Worth a line only when it is so. */
const onlyYes: Wording = (value, evidence, words) => (value === true ? yesNo(value, evidence, words) : null)
const length: Wording = (value) => (typeof value === 'number' ? metres(value) : null)
const beyond: Wording = (value, _, { t }) => {
  if (typeof value !== 'number') return null
  return t(value < 0 ? 'evidence.distance_inside' : 'evidence.distance_outside', { distance: metres(value) })
}
const perMinute: Wording = (value, _, { t }) =>
  typeof value === 'number' ? t('evidence.per_minute', { count: String(Math.round(value)) }) : null
const perHour: Wording = (value, _, { t }) =>
  typeof value === 'number' ? t('evidence.per_hour', { percent: value.toFixed(1) }) : null
const kmh: Wording = (value) => (typeof value === 'number' ? `${Math.round(value)} km/h` : null)
const danger: Wording = (value, _, { t }) =>
  value === 'water' || value === 'rail' || value === 'highway' ? t(`danger.${value}`) : null
const doubt: Wording = (value, _, { t }) =>
  value === 'at_home' || value === 'charging' || value === 'bed_occupied' || value === 'coarse'
    ? t(`evidence.doubt.${value}`)
    : null
const text: Wording = (value) => (typeof value === 'string' && value !== '' ? value : null)
const place: Wording = (value, _, { t }) => {
  const known = value === 'own_fix' || value === 'last_good' || value === 'unknown'
  return known ? t(`evidence.place.${value}`) : text(value, {}, { t, language: 'en', clock: (at) => at })
}
const speed: Wording = (value, _, { t }) => {
  if (typeof value !== 'number') return null
  return t(paceOf(value), { speed: value.toFixed(1), kmh: (value * 3.6).toFixed(1) })
}
const localTime: Wording = (value, evidence, { t }) => {
  if (typeof value !== 'string') return null
  return evidence['night'] === true ? t('evidence.at_night', { time: value }) : value
}

/** Below a slow step nobody gets anywhere; above a run it is a vehicle. */
function paceOf(speed_mps: number): MessageKey {
  if (speed_mps < 0.3) return 'evidence.pace.still'
  return speed_mps < 2.5 ? 'evidence.pace.walking' : 'evidence.pace.riding'
}

/** Known keys in the order they are told. */
const WORDINGS: readonly (readonly [key: string, label: MessageKey, wording: Wording])[] = [
  ['zone_name', 'evidence.zone_name', text],
  ['distance_m', 'evidence.distance_m', beyond],
  ['beyond_m', 'evidence.distance_m', beyond],
  ['accuracy_m', 'evidence.accuracy_m', accuracy],
  ['fixes', 'evidence.fixes', count],
  ['doubt', 'evidence.doubt', doubt],
  ['danger_kind', 'evidence.danger_kind', danger],
  ['danger_name', 'evidence.danger_name', text],
  ['danger_m', 'evidence.danger_m', length],
  ['danger_min', 'evidence.danger_min', minutes],
  ['closing_mps', 'evidence.closing_mps', speed],
  ['suspected_since', 'evidence.suspected_since', instant],
  ['silent_since', 'evidence.silent_since', instant],
  ['silent_s', 'evidence.silent_s', duration],
  ['allowed_s', 'evidence.allowed_s', duration],
  ['interval_s', 'evidence.interval_s', duration],
  ['left_zone_at', 'evidence.left_zone_at', instant],
  ['after_leaving_s', 'evidence.after_leaving_s', duration],
  ['outside_since', 'evidence.outside_since', instant],
  ['speed_mps', 'evidence.speed_mps', speed],
  ['late_s', 'evidence.late_s', delay],
  ['place', 'evidence.place', place],
  ['place_age_s', 'evidence.place_age_s', duration],
  ['battery_pct', 'evidence.battery_pct', percent],
  ['threshold_pct', 'evidence.threshold_pct', percent],
  ['drain_pct_per_h', 'evidence.drain_pct_per_h', perHour],
  ['empty_at', 'evidence.empty_at', instant],
  ['charging', 'evidence.charging', onlyYes],
  ['other_device_heard', 'evidence.other_device_heard', onlyYes],
  ['walk_min', 'evidence.walk_min', minutes],
  ['length_m', 'evidence.length_m', length],
  ['spread_m', 'evidence.spread_m', length],
  ['reversals_count', 'evidence.reversals_count', count],
  ['laps_count', 'evidence.laps_count', count],
  ['sharp_turns_count', 'evidence.sharp_turns_count', count],
  ['revisits_pct', 'evidence.revisits_pct', percent],
  ['unusual_m', 'evidence.unusual_m', length],
  ['away_m', 'evidence.away_m', length],
  ['learnt_days_count', 'evidence.learnt_days_count', count],
  ['way_m', 'evidence.way_m', length],
  ['mean_speed_kmh', 'evidence.mean_speed_kmh', kmh],
  ['began_outside', 'evidence.began_outside', onlyYes],
  ['rate_bpm', 'evidence.rate_bpm', perMinute],
  ['limit_bpm', 'evidence.limit_bpm', perMinute],
  ['usual_bpm', 'evidence.usual_bpm', perMinute],
  ['held_since', 'evidence.held_since', instant],
  ['held_s', 'evidence.held_s', duration],
  ['quality_pct', 'evidence.quality_pct', percent],
  ['pause_s', 'evidence.pause_s', duration],
  ['paused_since', 'evidence.paused_since', instant],
  ['pauses_count', 'evidence.pauses_count', count],
  ['heart_rate_bpm', 'evidence.heart_rate_bpm', perMinute],
  ['bed_left_at', 'evidence.left_at', instant],
  ['left_at', 'evidence.left_at', instant],
  ['absent_min', 'evidence.absent_min', minutes],
  ['back_within_min', 'evidence.back_within_min', minutes],
  ['moved_at', 'evidence.moved_at', instant],
  ['bed_heard_at', 'evidence.bed_heard_at', instant],
  ['in_bed_since', 'evidence.in_bed_since', instant],
  ['in_bed_min', 'evidence.in_bed_min', minutes],
  ['moved_min', 'evidence.moved_min', minutes],
  ['usual_min', 'evidence.usual_min', minutes],
  ['fault_since', 'evidence.fault_since', instant],
  ['fault_min', 'evidence.fault_min', minutes],
  ['turned_at', 'evidence.turned_at', instant],
  ['still_min', 'evidence.still_min', minutes],
  ['score_pct', 'evidence.score_pct', percent],
  ['impact_g', 'evidence.impact_g', gravity],
  ['waited_s', 'evidence.waited_s', duration],
  ['impact_after_exit_s', 'evidence.impact_after_exit_s', signedSeconds],
  ['steps_count', 'evidence.steps_count', count],
  ['off_min', 'evidence.off_min', minutes],
  ['posture_change_deg', 'evidence.posture_change_deg', degrees],
  ['peak_g', 'evidence.peak_g', gravity],
  ['jolt_g', 'evidence.jolt_g', gravity],
  ['core_sd_g', 'evidence.core_sd_g', gravity],
  ['impulse_g', 'evidence.impulse_g', gravity],
  ['over_2g_pct', 'evidence.over_2g_pct', percent],
  ['falling_pct', 'evidence.falling_pct', percent],
  ['lowest_before_g', 'evidence.lowest_before_g', gravity],
  ['settle_s', 'evidence.settle_s', duration],
  ['after_sd_pct', 'evidence.after_sd_pct', percent],
  ['after_turn_pct', 'evidence.after_turn_pct', percent],
  ['after_offset_pct', 'evidence.after_offset_pct', percent],
  ['before_sd_pct', 'evidence.before_sd_pct', percent],
  ['before_turn_pct', 'evidence.before_turn_pct', percent],
  ['local_time', 'evidence.local_time', localTime],
]

/** Keys that say nothing to a reader, or are told within another line. */
const SILENT = new Set([
  'night', 'event_id',
  // Of the bed: for whoever replays it.
  'certain_after_s', 'edge_s', 'unseen_s', 'usual_rising', 'absences_known', 'risings_known', 'nights_known',
  // Of a fall: the order of its reasons, and how much was heard.
  'cause_1', 'cause_2', 'cause_3', 'cause_1_points', 'cause_2_points', 'cause_3_points', 'still_messages', 'messages',
  'window_min', 'limit_min', 'turn_every_min', 'up_by', 'safety', 'bed',
  // Told by another line, or numbers of the rule.
  'since', 'outside', 'danger_id', 'morning_at', 'charges_count', 'score', 'because', 'walked_days_count',
  'usual_cells_count', 'reports_count', 'amplitude_pct', 'own_judgement',
])
const KNOWN = new Set([...WORDINGS.map(([key]) => key), ...SILENT])

export function factsOf(detection: Pick<Detection, 'evidence'>, words: Words): Fact[] {
  const { evidence } = detection
  const facts: Fact[] = []
  for (const [key, label, wording] of WORDINGS) {
    const value = key in evidence ? wording(evidence[key] ?? null, evidence, words) : null
    if (value !== null) facts.push({ label: words.t(label), value })
  }
  for (const [key, value] of Object.entries(evidence)) {
    if (!KNOWN.has(key) && value !== null) facts.push({ label: key, value: String(value) })
  }
  return facts
}
