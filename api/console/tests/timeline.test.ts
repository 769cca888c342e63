import { expect, it } from 'vitest'

import type { TimelineEvent } from '../src/api/types'
import { condensed } from '../src/domain/timeline'

const event = (kind: string, data: Record<string, unknown> = {}): TimelineEvent => ({
  at: '2026-11-21T18:52:00Z',
  kind,
  actor: null,
  data,
})

it('counts messages in a row and does not tell the opening twice', () => {
  const lines = condensed([
    event('opened', { kind: 'zone_exit' }),
    event('detection', { kind: 'zone_exit', decision: 'opened' }),
    event('notified', { channel: 'webhook' }),
    event('notified', { channel: 'webhook' }),
    event('notified', { channel: 'apprise' }),
    event('detection', { kind: 'sos', decision: 'escalated' }),
    event('notified', { channel: 'apprise' }),
    event('note', { text: 'a' }),
    event('note', { text: 'b' }),
    event('notified', { channel: 'webhook', purpose: 'alert' }),
    event('notified', { channel: 'webhook', purpose: 'all_clear' }),
  ])
  expect(lines.map(({ event: { kind }, times }) => `${kind} ${times}`)).toEqual([
    'opened 1',
    'notified 2',
    'notified 1',
    'detection 1',
    'notified 1',
    'note 1',
    'note 1',
    'notified 1',
    'notified 1',
  ])
})
