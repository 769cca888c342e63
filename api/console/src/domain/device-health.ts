/** What is wrong with a device, as words to choose a label by. */
import type { Device, DeviceState } from '../api/types'

export type Trouble = 'never_seen' | 'offline' | 'battery_critical' | 'battery_low' | 'not_worn' | 'fault' | 'floods'

/** Same figures as the engine's default policy; a person's own policy may differ. */
const LOW_PCT = 20
const CRITICAL_PCT = 10

export function troublesOf(device: Device): Trouble[] {
  if (device.retired_at !== null) return []
  const state = device.state
  if (state === null || state.last_seen_at === null) return ['never_seen']
  const troubles: Trouble[] = []
  if (state.online === false) troubles.push('offline')
  const battery = batteryTrouble(state.battery_pct)
  if (battery !== null && state.charging !== true) troubles.push(battery)
  if (device.kind === 'bracelet' && state.worn === false) troubles.push('not_worn')
  if (state.bed_status === 'fault') troubles.push('fault')
  if (floods(state)) troubles.push('floods')
  return troubles
}

/** An hour without a reading too many ends a spell, by the device's own time. Milliseconds. */
const SPELL_ENDS_AFTER_MS = 3_600_000

export function floods(state: DeviceState): boolean {
  if (state.flood === null || state.last_seen_at === null) return false
  return Date.parse(state.flood.until) > Date.parse(state.last_seen_at) - SPELL_ENDS_AFTER_MS
}

export function batteryTrouble(battery_pct: number | null): 'battery_critical' | 'battery_low' | null {
  if (battery_pct === null || battery_pct >= LOW_PCT) return null
  return battery_pct < CRITICAL_PCT ? 'battery_critical' : 'battery_low'
}
