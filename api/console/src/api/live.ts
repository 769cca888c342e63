/** The live stream: opens it, hears it, and opens it again for as long as it is wanted. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'

import { retryDelay_ms } from '../domain/backoff'
import { authorization, reportUnauthorized } from './http'

export type LiveStatus = 'connecting' | 'live' | 'reconnecting'

export interface LiveHandlers {
  onMessage(event: string, data: unknown): void
  onStatus(status: LiveStatus): void
  /** After every (re)connection: what was missed in between must be read again. */
  onConnected(): void
}

/** The server pings every 15 s; after two missed pings the line is dead. */
const SILENCE_LIMIT_MS = 40_000

/** Starts listening; the returned function stops. */
export function listen(handlers: LiveHandlers): () => void {
  const stop = new AbortController()
  void keepListening(handlers, stop.signal)
  return () => stop.abort()
}

async function keepListening(handlers: LiveHandlers, stop: AbortSignal): Promise<void> {
  let failures = 0
  let lastEventId = ''
  handlers.onStatus('connecting')
  while (!stop.aborted) {
    try {
      await listenOnce(handlers, stop, lastEventId, (id) => {
        failures = 0
        if (id) lastEventId = id
      })
    } catch {
      // Every way a line can break has the same answer: try again.
    }
    if (stop.aborted) return
    handlers.onStatus('reconnecting')
    failures += 1
    await pause(retryDelay_ms(failures, Math.random()), stop)
  }
}

async function listenOnce(
  handlers: LiveHandlers,
  stop: AbortSignal,
  lastEventId: string,
  onHeard: (id: string | undefined) => void,
): Promise<void> {
  const line = new AbortController()
  const hangUp = (): void => line.abort()
  stop.addEventListener('abort', hangUp)
  let watchdog = setTimeout(hangUp, SILENCE_LIMIT_MS)
  try {
    const headers: Record<string, string> = { Accept: 'text/event-stream', ...authorization() }
    if (lastEventId) headers['Last-Event-ID'] = lastEventId
    const response = await fetch('/api/v1/live', { headers, signal: line.signal, cache: 'no-store' })
    if (response.status === 401) reportUnauthorized()
    if (!response.ok || response.body === null) throw new Error(`live stream refused: ${response.status}`)
    handlers.onStatus('live')
    handlers.onConnected()
    const parser = createParser({
      onEvent: (message) => {
        onHeard(message.id)
        deliver(message, handlers)
      },
    })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(watchdog)
      watchdog = setTimeout(hangUp, SILENCE_LIMIT_MS)
      parser.feed(value)
    }
  } finally {
    clearTimeout(watchdog)
    stop.removeEventListener('abort', hangUp)
  }
}

function deliver(message: EventSourceMessage, handlers: LiveHandlers): void {
  if (!message.event || message.event === 'ping') return
  let data: unknown
  try {
    data = JSON.parse(message.data)
  } catch {
    return // One unreadable message must not end the stream.
  }
  handlers.onMessage(message.event, data)
}

function pause(delay_ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, delay_ms)
    const awake = (): void => {
      clearTimeout(timer)
      done()
    }
    stop.addEventListener('abort', awake, { once: true })
    // A phone that wakes up, or finds its network again, should not wait out the pause.
    window.addEventListener('online', awake, { once: true })
  })
}
