import { describe, expect, it } from 'vitest'

import { retryDelay_ms } from '../src/domain/backoff'
import { readClock, setClock, startOfLocalDay } from '../src/domain/clock'
import { ago, countdown, span } from '../src/domain/relative-time'

const NOW = Date.parse('2026-11-21T18:52:00Z')
const before = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()

describe('ago', () => {
  it.each([
    [0, '刚刚', 'just now'],
    [4, '刚刚', 'just now'],
    [5, '5 秒前', '5 s ago'],
    [59, '59 秒前', '59 s ago'],
    [60, '1 分钟前', '1 min ago'],
    [3_599, '59 分钟前', '59 min ago'],
    [3_600, '1 小时前', '1 h ago'],
    [3_660, '1 小时 1 分前', '1 h 1 min ago'],
    [86_400, '1 天前', '1 day ago'],
    [2 * 86_400, '2 天前', '2 days ago'],
  ])('%d s is told in both languages', (seconds, zh, en) => {
    expect(ago(before(seconds), NOW, 'zh-CN')).toBe(zh)
    expect(ago(before(seconds), NOW, 'en')).toBe(en)
  })

  it('calls what a fast device clock puts ahead of us now', () => {
    expect(ago(before(-30), NOW, 'en')).toBe('just now')
  })

  it('shows a dash for what is no instant', () => {
    expect(ago('yesterday', NOW, 'en')).toBe('–')
  })
})

describe('span', () => {
  it('never runs below zero', () => expect(span(-3, 'en')).toBe('0 s'))
})

describe('countdown', () => {
  it.each([
    [65, '1:05'],
    [59.2, '1:00'],
    [0.4, '0:01'],
    [0, '0:00'],
    [-10, '0:00'],
    [7_389, '2:03:09'],
  ])('%d s left reads %s', (seconds, text) => expect(countdown(before(-seconds), NOW)).toBe(text))
})

describe('the server clock', () => {
  it('runs at its own rate from the moment it was read', () => {
    const clock = setClock('2026-11-21T18:40:00Z', 60, 1_000)
    expect(readClock(clock, 1_000)).toBe(Date.parse('2026-11-21T18:40:00Z'))
    expect(readClock(clock, 3_000)).toBe(Date.parse('2026-11-21T18:42:00Z'))
  })

  it('takes a nonsensical rate for real time', () => expect(setClock('2026-11-21T18:40:00Z', 0, 0).rate).toBe(1))
})

describe('the start of the local day', () => {
  it.each([
    ['2026-11-21T18:52:00Z', 'Asia/Shanghai', '2026-11-21T16:00:00Z'],
    ['2026-11-21T15:59:59Z', 'Asia/Shanghai', '2026-11-20T16:00:00Z'],
    ['2026-11-21T16:00:00Z', 'Asia/Shanghai', '2026-11-21T16:00:00Z'],
    // The clocks went forward at 02:00 that morning: midnight was still in winter time.
    ['2026-03-29T12:00:00Z', 'Europe/Berlin', '2026-03-28T23:00:00Z'],
  ])('of %s in %s is %s', (at, zone, start) => {
    expect(new Date(startOfLocalDay(Date.parse(at), zone)).toISOString()).toBe(new Date(start).toISOString())
  })
})

describe('the pause before trying again', () => {
  it('doubles, is bounded, and is spread by half', () => {
    expect(retryDelay_ms(1, 1)).toBe(1_000)
    expect(retryDelay_ms(1, 0)).toBe(500)
    expect(retryDelay_ms(3, 1)).toBe(4_000)
    expect(retryDelay_ms(50, 1)).toBe(30_000)
  })
})
