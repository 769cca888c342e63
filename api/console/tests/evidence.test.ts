import { describe, expect, it } from 'vitest'

import type { Evidence, Language } from '../src/api/types'
import { factsOf, metres } from '../src/domain/evidence'
import { isWord, translate, translateWord } from '../src/i18n/messages'

function told(evidence: Evidence, language: Language = 'en'): Record<string, string> {
  const facts = factsOf(
    { evidence },
    { language, t: (key, values) => translate(language, key, values), clock: (at) => at.slice(11, 16) },
  )
  return Object.fromEntries(facts.map(({ label, value }) => [label, value]))
}

describe('the numbers of an exit', () => {
  const EXIT = {
    distance_m: 61.4,
    accuracy_m: 12,
    fixes: 2,
    suspected_since: '2026-11-21T18:51:20Z',
    speed_mps: 1.1,
    zone_name: '家',
    local_time: '02:52',
    night: true,
  }

  it('are told with words and units', () => {
    expect(told(EXIT)).toEqual({
      'Safe zone': '家',
      'From the zone’s edge': '61 m outside',
      'Accuracy of the fix': '± 12 m',
      'Fixes that agree': '2',
      'First suspected': '18:51',
      Speed: 'walking (1.1 m/s, about 4.0 km/h)',
      'Local time': '02:52 (night)',
    })
  })

  it('are told in Chinese', () => expect(told(EXIT, 'zh-CN')['距安全区边缘']).toBe('外侧 61 m'))
  it('say inside when the distance is negative', () => {
    expect(told({ distance_m: -30 })).toEqual({ 'From the zone’s edge': '30 m inside' })
  })
  it('leave out what is not known', () => expect(told({ speed_mps: null, zone_name: '' })).toEqual({}))
  it('say night only at night', () => expect(told({ local_time: '14:00', night: false })).toEqual({ 'Local time': '14:00' }))
})

describe('the numbers of a silence', () => {
  const SILENCE = {
    since: '2026-11-21T18:31:20Z',
    silent_since: '2026-11-21T18:31:20Z',
    silent_s: 900,
    allowed_s: 900,
    interval_s: 300,
    outside: true,
    left_zone_at: '2026-11-21T18:30:20Z',
    after_leaving_s: 60,
    charging: false,
    other_device_heard: true,
    safety: 'outside',
  }

  it('are sentences of people, not keys', () => {
    expect(told(SILENCE)).toEqual({
      'Last heard': '18:31',
      'Silent for': '15 min',
      'Silence that is usual': '15 min',
      'Usually speaks every': '5 min',
      'Left the zone': '18:30',
      'Silent so soon after leaving': '1 min',
      'Another bracelet speaks': 'yes',
    })
  })
  it('are told in Chinese', () => expect(Object.keys(told(SILENCE, 'zh-CN'))).toContain('失联时长'))
  it('say what speaks against an exit', () => {
    expect(told({ doubt: 'bed_occupied' })).toEqual({ 'Speaks against it': 'somebody in the bed' })
  })
  it('say what lies ahead', () => {
    expect(told({ danger_kind: 'water', danger_name: '孝妇河', danger_m: 312, danger_min: 5.2, danger_id: 7 })).toEqual({
      'Danger ahead': 'water',
      'Its name': '孝妇河',
      'Away by': '312 m',
      'On foot about': '5 min',
    })
  })
  it('of the heart are rates', () => {
    expect(told({ rate_bpm: 41.6, limit_bpm: 45, own_judgement: true })).toEqual({
      Measured: '42 a minute',
      Limit: '45 a minute',
    })
  })
})

describe('speed', () => {
  it.each([
    [0.29, /^hardly moving/],
    [0.3, /^walking/],
    [2.49, /^walking/],
    [2.5, /vehicle/],
  ])('%d m/s', (speed_mps, words) => expect(told({ speed_mps })['Speed']).toMatch(words))
})

describe('an SOS', () => {
  it('says where its place comes from and how late it is', () => {
    expect(told({ event_id: 'e1', late_s: 125, place: 'last_good', place_age_s: 600, night: false })).toEqual({
      'Message delayed by': '2 min',
      'Place comes from': 'the last good fix',
      'Age of that place': '10 min',
    })
  })
})

it('leaves out a delay of nothing', () => {
  expect(told({ late_s: 0.4 })).toEqual({})
  expect(told({ late_s: 1 })).toEqual({ 'Message delayed by': '1 s' })
})

it('shows a key it does not know rather than dropping it', () => {
  expect(told({ water_m: 300, nothing: null })).toEqual({ water_m: '300' })
})

it('writes long distances in kilometres', () => {
  expect(metres(999.4)).toBe('999 m')
  expect(metres(1_500)).toBe('1.5 km')
})

it('falls back to the machine word', () => {
  expect(translateWord('en', 'kind', 'sos')).toBe('Pressed SOS')
  expect(translateWord('en', 'kind', 'moon_landing')).toBe('moon landing')
  expect([isWord('kind', 'sos'), isWord('kind', 'moon_landing'), isWord('problem', '')]).toEqual([true, false, false])
})
