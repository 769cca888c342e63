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
