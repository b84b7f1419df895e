/**
 * The fold: what a viewer's events make of a lesson. The same as `classroom.rules.apply`, which is a test
 * (tests/unit/signaling/test_fold_equality.py). Pure; the state it is given is never changed.
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */
import type { Activity, BoardStroke, Event, Guest, Page, ParticipantState, State } from '../generated/protocol.ts'

export const EMPTY: State = {
  seq: 0,
  phase: 'prepared',
  title: '',
  lobby: false,
  epoch_ms: null,
  participants: {},
  hands: [],
  stage: { guests: [] },
  board: { pages: [], shown: null },
  activities: { order: [], by_id: {} },
  chat: [],
  recording: { on: false, since: null, by: null },
  saving: [],
}

export const CHAT_KEPT = 200

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

/** Ids may be words that every object answers to ("constructor"): only own properties count. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.prototype.hasOwnProperty.call(record, key) ? record[key] : undefined
}

// lesson

const PHASES: Record<string, Record<string, State['phase']>> = {
  'lesson.opened': { prepared: 'open' },
  'lesson.started': { open: 'live' },
  'lesson.ended': { prepared: 'ended', open: 'ended', live: 'ended' },
}

const moved: Applier = (state, event) => {
  const phase = PHASES[event.kind]?.[state.phase]
  if (phase === undefined) return state
  if (event.kind === 'lesson.opened')
    return { ...state, phase, title: event.data.title ?? '', lobby: event.data.lobby ?? false }
  if (event.kind === 'lesson.started') return { ...state, phase, epoch_ms: event.data.epoch_ms ?? null }
  return { ...state, phase }
}

// participants

const joined: Applier = (state, { at, data }) => {
  const entry: ParticipantState = {
    role: data.role,
    room: data.room,
    present: true,
    admitted: data.admitted,
    since: at,
  }
  if ('name' in data) entry.name = data.name
  return { ...state, participants: { ...state.participants, [data.participant]: entry } }
}

const marked =
  (change: Partial<ParticipantState>): Applier =>
  (state, { data }) => {
    const known = own(state.participants, data.participant)
    if (known === undefined) return state
    return { ...state, participants: { ...state.participants, [data.participant]: { ...known, ...change } } }
  }

// stage

const STANDINGS: Record<string, Record<string, Guest['state'] | 'off'>> = {
  'stage.invited': { off: 'invited' },
  'stage.accepted': { invited: 'on' },
  'stage.released': { invited: 'off', on: 'off' },
}

const staged: Applier = (state, { kind, data }) => {
  const guests = state.stage.guests
  const known = guests.find((guest) => guest.participant === data.participant)
  const after = STANDINGS[kind]?.[known?.state ?? 'off']
  if (after === undefined) return state
  if (after === 'off') return { ...state, stage: { guests: guests.filter((guest) => guest !== known) } }
  if (known)
    return { ...state, stage: { guests: guests.map((one) => (one === known ? { ...one, state: after } : one)) } }
  const entry: Guest = { participant: data.participant, state: after }
  if ('name' in data) entry.name = data.name
  return { ...state, stage: { guests: [...guests, entry] } }
}

// hands

const raised: Applier = (state, { data }) =>
  state.hands.includes(data.participant) ? state : { ...state, hands: [...state.hands, data.participant] }

const lowered: Applier = (state, { data }) => ({
  ...state,
  hands: state.hands.filter((one) => one !== data.participant),
})

// board

const pageAdded: Applier = (state, { data }) => {
  if (state.board.pages.some((page) => page.id === data.page)) return state
  return { ...state, board: { ...state.board, pages: [...state.board.pages, { id: data.page, strokes: [] }] } }
}

const pageShown: Applier = (state, { data }) => ({ ...state, board: { ...state.board, shown: data.page } })

function strokes(state: State, id: string, change: (strokes: BoardStroke[]) => BoardStroke[]): State {
  const pages = state.board.pages.map((page): Page => (page.id === id ? { id, strokes: change(page.strokes) } : page))
  return { ...state, board: { ...state.board, pages } }
}

const strokeAdded: Applier = (state, { data }) => {
  const { page, ...stroke } = data
  return strokes(state, page, (all) => [...all, stroke as BoardStroke])
}

const strokeErased: Applier = (state, { data }) =>
  strokes(state, data.page, (all) => all.filter((one) => one.stroke !== data.stroke))

// activities

const ACTIVITY_PHASES: Record<string, Record<string, Activity['phase']>> = {
  'activity.answered': { open: 'open' },
  'activity.closed': { open: 'closed' },
  'activity.revealed': { closed: 'revealed' },
}

function activity(state: State, id: string, entry: Activity): State {
  return { ...state, activities: { ...state.activities, by_id: { ...state.activities.by_id, [id]: entry } } }
}

const opened: Applier = (state, { at, data }) => {
  const { order, by_id } = state.activities
  if (own(by_id, data.activity) !== undefined) return state
  const entry: Activity = { ...data, phase: 'open', opened_at: at, answers: {} }
  return activity({ ...state, activities: { order: [...order, data.activity], by_id } }, data.activity, entry)
}

const changed: Applier = (state, { actor, kind, data }) => {
  const known = own(state.activities.by_id, data.activity)
  const phase = known && ACTIVITY_PHASES[kind]?.[known.phase]
  if (known === undefined || phase === undefined) return state
  const entry: Activity = { ...known, phase }
  if (kind === 'activity.answered') entry.answers = { ...known.answers, [actor]: data.choice ?? null }
  if ('tally' in data) entry.tally = data.tally
  if ('answer' in data) entry.answer = data.answer
  return activity(state, data.activity, entry)
}

// chat

const said: Applier = (state, { actor, at, data }) => ({
  ...state,
  chat: [...state.chat, { ...data, actor, at }].slice(-CHAT_KEPT),
})

// recording

const recordingStarted: Applier = (state, { actor, at }) => ({
  ...state,
  recording: { on: true, since: at, by: actor },
})

const recordingStopped: Applier = (state) => ({ ...state, recording: { on: false, since: null, by: null } })

// saving data

const saved: Applier = (state, { data }) => {
  const others = state.saving.filter((room) => room !== data.room)
  return { ...state, saving: data.on ? [...others, data.room] : others }
}

const APPLY: Readonly<Record<string, Applier>> = {
  'lesson.opened': moved,
  'lesson.started': moved,
  'lesson.ended': moved,
  'participant.joined': joined,
  'participant.left': marked({ present: false }),
  'participant.admitted': marked({ admitted: true }),
  'stage.invited': staged,
  'stage.accepted': staged,
  'stage.released': staged,
  'hand.raised': raised,
  'hand.lowered': lowered,
  'page.added': pageAdded,
  'page.shown': pageShown,
  'stroke.added': strokeAdded,
  'stroke.erased': strokeErased,
  'activity.opened': opened,
  'activity.answered': changed,
  'activity.closed': changed,
  'activity.revealed': changed,
  'chat.said': said,
  'recording.started': recordingStarted,
  'recording.stopped': recordingStopped,
  'data.saved': saved,
}

/** The state after an event. A kind that this version does not know changes nothing but `seq`. */
export function apply(state: State, event: Event): State {
  const applied = own(APPLY, event.kind)?.(state, event) ?? state
  return { ...applied, seq: event.seq }
}
