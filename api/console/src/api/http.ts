/** One way to the server: bearer token in, typed JSON out, problem documents as errors. */

/** What the server (or the lack of one) answered, in words fit to show. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** The machine word of the problem document, such as `zone_too_small`; empty without one. */
    readonly reason = '',
  ) {
    super(detail || title)
  }
}

let token: string | null = null
let onUnauthorized: () => void = () => undefined

export function useToken(value: string | null): void {
  token = value
}

/** Calls `action` when the server no longer accepts the token. */
export function whenUnauthorized(action: () => void): void {
  onUnauthorized = action
}

export function authorization(): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` }
}

export function reportUnauthorized(): void {
  onUnauthorized()
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Query = Record<string, string | number | boolean | null | undefined>

export async function request<Answer>(method: Method, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json', ...authorization() }
  const init: RequestInit = { method, headers, cache: 'no-store' }
  if (body instanceof URLSearchParams) {
    init.body = body
  } else if (body !== undefined) {
    headers['Content-Type'] = 'application/json'
    init.body = JSON.stringify(body)
  }
  const response = await send(`/api/v1${path}`, init)
  if (!response.ok) throw await refused(response, path)
  if (response.status === 204) return undefined as Answer
  return (await response.json()) as Answer
}

/** A file of the server, such as a photo or a table: nothing but a signed-in request gets it. */
export async function readFile(path: string): Promise<Blob> {
  const response = await send(`/api/v1${path}`, { headers: authorization(), cache: 'no-store' })
  if (!response.ok) throw await refused(response, path)
  return response.blob()
}

export async function sendFile(path: string, file: Blob): Promise<void> {
  const headers = { ...authorization(), 'Content-Type': file.type }
  const response = await send(`/api/v1${path}`, { method: 'PUT', headers, body: file })
  if (!response.ok) throw await refused(response, path)
}

export function get<Answer>(path: string, query: Query = {}): Promise<Answer> {
  return request<Answer>('GET', path + toQueryString(query))
}

function toQueryString(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text ? `?${text}` : ''
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init)
  } catch {
    throw new ApiError(0, 'unreachable', '')
  }
}

async function refused(response: Response, path: string): Promise<ApiError> {
  if (response.status === 401 && path !== '/token') onUnauthorized()
  let title = response.statusText
  let detail = ''
  let reason = ''
  try {
    const problem = (await response.json()) as { type?: unknown; title?: unknown; detail?: unknown }
    if (typeof problem.type === 'string') reason = problem.type.replace(/^urn:tongxing:problem:/, '')
    if (typeof problem.title === 'string') title = problem.title
    if (typeof problem.detail === 'string') detail = problem.detail
  } catch {
    // A proxy's HTML page says nothing more than the status does.
  }
  return new ApiError(response.status, title, detail, reason)
}
