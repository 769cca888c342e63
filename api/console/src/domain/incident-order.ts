/** In which order incidents are shown, and what may be done to each. */
import type { Incident, IncidentState, Severity } from '../api/types'

const WEIGHT: Record<Severity, number> = { critical: 3, urgent: 2, warning: 1, info: 0 }

/** Open before resolved; among the open those somebody is called for, the unanswered first, then the gravest and newest. */
export function compareIncidents(a: Incident, b: Incident): number {
  return (
    Number(a.state === 'resolved') - Number(b.state === 'resolved') ||
    (a.state === 'resolved' ? 0 : Number(b.called) - Number(a.called)) ||
    (a.state === 'resolved' ? 0 : Number(a.state !== 'open') - Number(b.state !== 'open')) ||
    (a.state === 'resolved' ? 0 : WEIGHT[b.severity] - WEIGHT[a.severity]) ||
    lastMoment(b) - lastMoment(a)
  )
}

function lastMoment(incident: Incident): number {
  return Date.parse(incident.resolved_at ?? incident.opened_at)
}

export type Action = 'acknowledge' | 'respond' | 'resolve'

/** Mirrors the server's lifecycle table; the server decides. The first is the one to press next. */
export const ACTIONS: Record<IncidentState, readonly Action[]> = {
  open: ['acknowledge', 'respond', 'resolve'],
  acknowledged: ['respond', 'resolve'],
  responding: ['resolve'],
  resolved: [],
}
