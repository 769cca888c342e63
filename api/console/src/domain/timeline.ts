/** Which events of an incident are worth a line. Pure. */
import type { TimelineEvent } from '../api/types'

export interface Line {
  event: TimelineEvent
  /** How many like it came in a row. */
  times: number
}

/** Leaves out what the line before says already, and counts messages that went out one after another. */
export function condensed(events: readonly TimelineEvent[]): Line[] {
  const lines: Line[] = []
  for (const event of events) {
    // The detection that opened the incident is told by the opening itself.
    if (event.kind === 'detection' && event.data['decision'] === 'opened') continue
    const last = lines.at(-1)
    if (last && isSameMessage(last.event, event)) last.times += 1
    else lines.push({ event, times: 1 })
  }
  return lines
}

function isSameMessage(before: TimelineEvent, event: TimelineEvent): boolean {
  if (event.kind !== 'notified' || before.kind !== 'notified') return false
  return ['channel', 'purpose'].every((key) => before.data[key] === event.data[key])
}
