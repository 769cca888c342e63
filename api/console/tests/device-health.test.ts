import { describe, expect, it } from 'vitest'

import type { Device, DeviceState } from '../src/api/types'
import { troublesOf } from '../src/domain/device-health'

const FINE: DeviceState = {
  last_seen_at: '2026-11-20T12:00:00Z',
  online: true,
  battery_pct: 80,
  charging: null,
  worn: true,
  bed_status: null,
  missing: 0,
  repeats: 0,
  restarts: 0,
  restarted_at: null,
  flood: null,
}

function device(state: Partial<DeviceState> | null): Device {
  return {
    device_id: 'zb-1',
    kind: 'bracelet',
    person_id: 1,
    model: '',
    retired_at: null,
    state: state && { ...FINE, ...state },
  }
}

function flood(until: string): Partial<DeviceState> {
  return { flood: { since: '2026-11-20T01:00:00Z', until, surplus: 3 } }
}

describe('troubles of a device', () => {
  it.each([
    [device({}), []],
    [device(null), ['never_seen']],
    [device({ online: false, worn: false }), ['offline', 'not_worn']],
    [device({ battery_pct: 19 }), ['battery_low']],
    [device({ battery_pct: 9 }), ['battery_critical']],
    [device({ battery_pct: 9, charging: true }), []],
    [{ ...device(null), retired_at: '2026-11-01T00:00:00Z' }, []],
  ])('are those of %o', (which, troubles) => {
    expect(troublesOf(which)).toEqual(troubles)
  })

  it('says that it sends too much for an hour of its own time', () => {
    expect(troublesOf(device(flood('2026-11-20T11:00:01Z')))).toEqual(['floods'])
    expect(troublesOf(device(flood('2026-11-20T11:00:00Z')))).toEqual([])
  })
})
