import { describe, expect, it } from 'vitest'

import type { Access } from '../src/api/types'
import { visits } from '../src/domain/looks'

function look(minute: number, what: string, user: string | null = '12349', link: string | null = null): Access {
  return { at: new Date(Date.UTC(2026, 10, 21, 20, minute)).toISOString(), user, link, what }
}

describe('who looked', () => {
  it('is one line a visit', () => {
    const told = visits([look(40, 'live'), look(38, 'positions'), look(30, 'live'), look(14, 'incident')])
    expect(told).toEqual([
      { user: '12349', link: null, since: look(30, '').at, until: look(40, '').at, what: ['positions', 'live'], times: 3 },
      { user: '12349', link: null, since: look(14, '').at, until: look(14, '').at, what: ['incident'], times: 1 },
    ])
  })
  it('ends a visit after a quarter of an hour', () => {
    expect(visits([look(30, 'live'), look(15, 'live')])).toHaveLength(1)
    expect(visits([look(31, 'live'), look(15, 'live')])).toHaveLength(2)
  })
  it('names everybody, also through a link', () => {
    const told = visits([look(3, 'live'), look(2, 'police_page', null, '张店派出所'), look(1, 'live', 'daughter'), look(0, 'live')])
    expect(told.map(({ user, link, times }) => [user, link, times])).toEqual([
      ['12349', null, 2],
      [null, '张店派出所', 1],
      ['daughter', null, 1],
    ])
  })
  it('is nobody', () => expect(visits([])).toEqual([]))
})
