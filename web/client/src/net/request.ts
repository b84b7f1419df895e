/** Requests to the server by REST. Refusals come as `Problem` with the server's stable code. */

import { ahead, forget } from './ahead.ts'
import { answerOf, isCarried } from './carried.ts'

export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly retryAfterS: number | null = null,
    /** Where captions are none, and why. */
    readonly told: { line?: number; reason?: string } = {},
  ) {
    super(code)
  }
}

export interface Account {
  id: string
  login: string
  name: string
  role: 'teacher' | 'staff' | 'admin'
  school: string | null
}
export interface Session {
  account: Account | null
  csrf: string
  setup_needed: boolean
}
let csrf = ''

interface Ask {
  bearer?: string
  keepalive?: boolean
  signal?: AbortSignal
  headers?: Record<string, string>
}

async function once(method: string, path: string, body: unknown, ask: Ask): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'Accept-Language': document.documentElement.lang,
    ...ask.headers,
  }
  if (body !== undefined) headers['Content-Type'] = body instanceof Blob ? body.type : 'application/json'
  if (ask.bearer) headers.Authorization = `Bearer ${ask.bearer}`
  if (method !== 'GET' && csrf) headers['X-CSRF'] = csrf
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : body instanceof Blob ? body : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: ask.keepalive ?? false,
      signal: ask.signal ?? null,
    })
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === 'AbortError') throw fault
    throw new Problem('offline', 0)
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get('Retry-After'))
  let code = `http_${response.status}`
  let told: { code?: string; line?: number; reason?: string } = {}
  try {
    told = (await response.json()) as typeof told
    if (told.code) code = told.code
  } catch {
    // Not ours: a proxy between us and the server. The status is all there is.
  }
  return new Problem(code, response.status, retry > 0 ? retry : null, told)
}

export async function request<T>(method: string, path: string, body?: unknown, ask: Ask = {}): Promise<T> {
  if (isCarried) {
    const answer = method === 'GET' ? answerOf(path) : undefined
    if (answer === undefined) throw new Problem('not_found', 404)
    return answer as T
  }
  if (method !== 'GET') forget()
  const came = method === 'GET' && !ask.bearer ? ahead<T>(path) : undefined
  if (came !== undefined) return came
  if (method !== 'GET' && !csrf && !ask.bearer) await session()
  let response = await once(method, path, body, ask)
  if (response.status === 403 && !ask.bearer && method !== 'GET') {
    // The cookie may have changed under us (signed in in another tab): fetch its token, and ask once more if it is another.
    const refused = await problemOf(response)
    const before = csrf
    await session()
    if (csrf === before) throw refused
    response = await once(method, path, body, ask)
  }
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

/** A file, which the caller is told of as it comes, in bytes. */
export async function download(path: string, onbytes: (got: number) => void, signal: AbortSignal): Promise<Blob> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', signal })
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === 'AbortError') throw fault
    throw new Problem('offline', 0)
  }
  if (!response.ok) throw await problemOf(response)
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let got = 0
  const reader = response.body?.getReader()
  try {
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      pieces.push(next.value)
      onbytes((got += next.value.length))
    }
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === 'AbortError') throw fault
    throw new Problem('line_broken', 0)
  }
  return new Blob(pieces, { type: response.headers.get('Content-Type') ?? '' })
}

/** Sends a file whole; the caller is told how much of it has gone, in bytes. */
export async function sendWhole(path: string, file: Blob, onbytes: (gone: number) => void, signal: AbortSignal) {
  if (!csrf) await session()
  if (signal.aborted) throw new DOMException('aborted', 'AbortError')
  await new Promise<void>((resolve, reject) => {
    const sending = new XMLHttpRequest()
    const over = (): void => sending.abort()
    signal.addEventListener('abort', over, { once: true })
    sending.upload.onprogress = ({ loaded }) => onbytes(loaded)
    sending.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    sending.onerror = () => reject(new Problem('line_broken', 0))
    sending.onload = () => {
      const { status, responseText } = sending
      if (status < 300) resolve()
      else void problemOf(new Response(responseText, { status })).then(reject)
    }
    sending.onloadend = () => signal.removeEventListener('abort', over)
    sending.open('PUT', path)
    sending.setRequestHeader('Content-Type', 'application/octet-stream')
    sending.setRequestHeader('X-CSRF', csrf)
    sending.send(file)
  })
}

const SESSION = '/api/v1/session'

/** Who is there by what came with the page; undefined where that is to be asked. */
export function givenSession(): Session | undefined {
  const given = ahead<Session>(SESSION)
  if (given) csrf = given.csrf
  return given
}

export async function session(): Promise<Session> {
  const found = await request<Session>('GET', SESSION)
  csrf = found.csrf
  return found
}

/** Somebody else's, or nobody's: what is changed next asks who is there. */
export function forgetSession(): void {
  csrf = ''
}

/** A request of tus 1.0.0; answers the header that is asked for. */
export async function tus(
  method: string,
  path: string,
  wanted: string,
  headers: Record<string, string>,
  body: Blob | null = null,
): Promise<string> {
  if (!csrf) await session()
  const all = { ...headers, 'Tus-Resumable': '1.0.0', 'X-CSRF': csrf }
  let response: Response
  try {
    response = await fetch(path, { method, headers: all, body, credentials: 'same-origin', cache: 'no-store' })
  } catch {
    throw new Problem('offline', 0)
  }
  if (!response.ok) throw await problemOf(response)
  return response.headers.get(wanted) ?? ''
}

/** A file that is fetched to be kept, with what its headers say. */
export async function fetched(path: string): Promise<{ file: Blob; headers: Headers }> {
  const response = await once('GET', path, undefined, {})
  if (!response.ok) throw await problemOf(response)
  try {
    return { file: await response.blob(), headers: response.headers }
  } catch {
    throw new Problem('offline', 0)
  }
}

/** A file, as it is; answers JSON. */
export async function send<T>(path: string, body: Blob): Promise<T> {
  if (!csrf) await session()
  const headers = { 'Content-Type': 'application/octet-stream', 'X-CSRF': csrf }
  let response: Response
  try {
    response = await fetch(path, { method: 'POST', headers, body, credentials: 'same-origin', cache: 'no-store' })
  } catch {
    throw new Problem('offline', 0)
  }
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}

/** Sends a file with a lesson token; answers what the server calls it. */
export async function sendBy(token: string, path: string, body: Blob): Promise<string> {
  let response: Response
  try {
    response = await fetch(path, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body })
  } catch {
    throw new Problem('offline', 0)
  }
  if (!response.ok) throw await problemOf(response)
  return ((await response.json()) as { id: string }).id
}
