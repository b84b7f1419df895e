import type { Event, State } from '../generated/protocol.ts'
import { apply } from './apply.ts'

/** The server's answer, or that there is none. */
export class NotFetched extends Error {
  readonly code: string | undefined

  constructor(code?: string) {
    super('The snapshot could not be fetched.')
    this.code = code
  }
}

interface Fetched {
  state: State
  own: Partial<State>
  events: Event[]
  seq: number
}

/** The state of a lesson that is too large for the socket: what all of a role are shown, what is this viewer's own, and
 * what has happened since. `came` is called for each piece that comes. Rejects with `NotFetched`. */
export async function fetched(address: string, token: string, stop: AbortSignal, came: () => void): Promise<State> {
  const headers = { Authorization: `Bearer ${token}` }
  const response = await fetch(address, { cache: 'no-store', headers, signal: stop }).catch(() => null)
  if (!response?.body) throw new NotFetched()
  const text = await read(response.body.getReader(), came).catch(() => '')
  const answer = parsed(text)
  if (!response.ok || !answer) throw new NotFetched((answer as { code?: string } | null)?.code)
  const { state, own, events, seq } = answer as Fetched
  return { ...events.reduce(apply, whole(state, own)), seq }
}

/** What all see and what is one's own, which has of learners' questions only those that differ. */
export function whole(state: State, own: Partial<State>): State {
  const { questions } = own
  const all = questions && { ...questions, by_id: { ...state.questions.by_id, ...questions.by_id } }
  return { ...state, ...own, ...(all && { questions: all }) }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, came: () => void): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    came()
    if (done) return text + decoder.decode()
    text += decoder.decode(value, { stream: true })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
