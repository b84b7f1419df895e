/**
 * The fold: what a viewer's events make of a lesson. The same as `classroom.rules.apply`, which is a test
 * (tests/unit/signaling/test_fold_equality.py). Pure; the state it is given is never changed.
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */
import type { Activity, Called, Event, Guest, ParticipantState, State } from '../generated/protocol.ts'
import { ASKING } from './asking.ts'
import { BOARD } from './board.ts'
import { coursewareClosed, coursewareOpened, coursewarePlayed, simulationChanged } from './courseware.ts'
import { GAMES } from './games.ts'
import { PLAN } from './plan.ts'
import { PRACTICE } from './practice.ts'
import { GROUPS } from './groups.ts'
import { MISSED } from './missed.ts'
import { NO_NOTES, NOTES } from './notes.ts'

export const EMPTY: State = {
  seq: 0,
  phase: 'prepared',
  title: '',
  lobby: false,
  epoch_ms: null,
  participants: {},
  hands: [],
  stage: { guests: [], called: null, calls: {}, encoder: true },
  board: {
    pages: [],
    shown: null,
    view: null,
    pens: { participants: {}, rooms: {}, everyone: false, without: { participants: [], rooms: [] } },
  },
  handouts: [],
  boards: {},
  groups: { by: null, order: [], by_id: {}, call: null, voice: {}, visits: {} },
  notes: NO_NOTES,
  notes_by: 'teachers',
  notes_shown: false,
  group_notes: {},
  pick: { now: null, turns: {} },
  competition: null,
  plan: { revision: 0, steps: [], begun: [] },
  practices: {},
  questions: { by_id: {}, now: null, held: false, named: false },
  activities: { order: [], by_id: {}, shown: null },
  courseware: {},
  playing: null,
  chat: [],
  chat_to: 'all',
  locks: { everyone: [], students: {} },
  lead: { participant: null, asked: null },
  line: [],
  recording: { on: false, since: null, by: null, excepted: { rooms: [], participants: [] } },
  saving: [],
  missed: {},
  timer: null,
}

export const CHAT_KEPT = 200
export const LINE_KEPT = 100

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type AnyEvent = Event<any>
type Applier = (state: State, event: AnyEvent) => State

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
    tablet: data.tablet ?? true,
    since: at,
  }
  if ('name' in data) entry.name = data.name
  const left = own(state.participants, data.participant)?.left
  if (left !== undefined) entry.left = left
  return { ...state, participants: { ...state.participants, [data.participant]: entry } }
}

const marked =
  (change: Partial<ParticipantState>): Applier =>
  (state, { data }) => {
    const known = own(state.participants, data.participant)
    if (known === undefined) return state
    return { ...state, participants: { ...state.participants, [data.participant]: { ...known, ...change } } }
  }

// lead

const passed: Applier = (state, { data }) => ({ ...state, lead: { participant: data.participant, asked: null } })

const asked: Applier = (state, { data }) => ({ ...state, lead: { ...state.lead, asked: data.participant } })

const declined: Applier = (state) => ({ ...state, lead: { ...state.lead, asked: null } })

// stage

const STANDINGS: Record<string, Record<string, Guest['state'] | 'off'>> = {
  'stage.invited': { off: 'invited' },
  'stage.accepted': { invited: 'on' },
  'stage.declined': { invited: 'off' },
  'stage.released': { invited: 'off', on: 'off' },
}

const counted = (calls: Readonly<Record<string, number>>, one: string): Record<string, number> => ({
  ...calls,
  [one]: (own(calls, one) ?? 0) + 1,
})

const staged: Applier = (state, { kind, data }) => {
  const { guests, called, calls } = state.stage
  const known = guests.find((guest) => guest.participant === data.participant)
  const after = STANDINGS[kind]?.[known?.state ?? 'off']
  if (after === undefined) return state
  const staging = (changed: Guest[]): State => ({ ...state, stage: { ...state.stage, guests: changed } })
  if (after === 'off') return staging(guests.filter((guest) => guest !== known))
  if (known) return staging(guests.map((one) => (one === known ? { ...one, state: after } : one)))
  const entry: Guest = { participant: data.participant, state: after }
  if ('name' in data) entry.name = data.name
  const invited = staging([...guests, entry])
  if (called?.participant === data.participant) return invited // counted already
  return { ...invited, stage: { ...invited.stage, calls: counted(calls, data.participant) } }
}

const called: Applier = (state, { data }) => {
  const now: Called = { participant: data.participant, picked: data.picked }
  if ('name' in data) now.name = data.name
  return { ...state, stage: { ...state.stage, called: now, calls: counted(state.stage.calls, data.participant) } }
}

const dismissed: Applier = (state) => ({ ...state, stage: { ...state.stage, called: null } })

const chosen: Applier = (state, { data }) => ({ ...state, stage: { ...state.stage, encoder: data.encoder } })

// hands

const raised: Applier = (state, { data }) =>
  state.hands.includes(data.participant) ? state : { ...state, hands: [...state.hands, data.participant] }

const lowered: Applier = (state, { data }) => ({
  ...state,
  hands: state.hands.filter((one) => one !== data.participant),
})

// timer

const timerStarted: Applier = (state, { at, data }) => ({ ...state, timer: { seconds: data.seconds, since: at } })

const timerStopped: Applier = (state) => ({ ...state, timer: null })

// activities

const ACTIVITY_PHASES: Record<string, Record<string, Activity['phase']>> = {
  'activity.counted': { open: 'open' },
  'activity.closed': { open: 'closed' },
  'activity.reopened': { closed: 'open' },
  'activity.revealed': { closed: 'revealed' },
}

function activity(state: State, id: string, entry: Activity): State {
  return { ...state, activities: { ...state.activities, by_id: { ...state.activities.by_id, [id]: entry } } }
}

const opened: Applier = (state, { at, data }) => {
  const { order, by_id } = state.activities
  if (own(by_id, data.activity) !== undefined) return state
  const entry: Activity = { ...data, phase: 'open', opened_at: at, answers: {}, counts: {} }
  // What comes next takes the place of what was shown.
  const activities = { order: [...order, data.activity], by_id, shown: null }
  return activity({ ...state, activities }, data.activity, entry)
}

/** Answers to one question. */
function answered(state: State, events: readonly AnyEvent[]): State {
  const known = own(state.activities.by_id, events[0]?.data.activity)
  if (known?.phase !== 'open') return state
  const given = events.map(({ actor, data: { activity: _, participant, ...answer } }) => [participant ?? actor, answer])
  const entry: Activity = { ...known, answers: { ...known.answers, ...Object.fromEntries(given) } }
  if (known.marks) {
    const again = new Set(given.map(([whose]) => whose))
    entry.marks = Object.fromEntries(Object.entries(known.marks).filter(([one]) => !again.has(one)))
  }
  return activity(state, known.activity, entry)
}

const changed: Applier = (state, { at, kind, data: { activity: id, ...data } }) => {
  const known = own(state.activities.by_id, id)
  const phase = known && ACTIVITY_PHASES[kind]?.[known.phase]
  if (known === undefined || phase === undefined) return state
  const entry: Activity = { ...known, phase }
  if (kind === 'activity.counted') {
    entry.counts = { ...known.counts, [data.room]: data.counts }
  } else {
    if (kind === 'activity.reopened') {
      delete entry.seconds
      entry.opened_at = at
    }
    Object.assign(entry, data)
  }
  return activity(state, id, entry)
}

const handMarked: Applier = (state, { data: { activity: id, participant, given: _, ...mark } }) => {
  const known = own(state.activities.by_id, id)
  if (known === undefined) return state
  return activity(state, id, { ...known, marks: { ...known.marks, [participant]: mark } })
}

const wordsHidden: Applier = (state, { data: { activity: id, revealed: _, ...data } }) => {
  const known = own(state.activities.by_id, id)
  return known === undefined ? state : activity(state, id, { ...known, ...data })
}

const chartShown: Applier = (state, { data }) => {
  const known = own(state.activities.by_id, data.activity)
  if (known === undefined) return state
  const { question: _, ...rest } = known
  return activity(state, data.activity, { ...rest, ...data } as Activity)
}

const workShown: Applier = (state, { at, data }) => ({
  ...state,
  activities: { ...state.activities, shown: data.works.length ? { ...data, at } : null },
})

// chat

const said: Applier = (state, { actor, at, data }) => ({
  ...state,
  chat: [...state.chat, { to: 'all' as const, ...data, actor, at }].slice(-CHAT_KEPT),
})

const ruled: Applier = (state, { data }) => ({ ...state, chat_to: data.to })

const messageHidden: Applier = (state, { data }) => ({
  ...state,
  chat: state.chat.filter(({ message }) => message !== data.message),
})

// private line

const heard: Applier = (state, { actor, at, data }) => ({
  ...state,
  line: [...state.line, { ...data, actor, at }].slice(-LINE_KEPT),
})

// locks

const locked: Applier = (state, { data }) => {
  const { everyone, students } = state.locks
  if (data.participant === undefined) return { ...state, locks: { everyone: data.locked, students } }
  const others = Object.fromEntries(Object.entries(students).filter(([one]) => one !== data.participant))
  const after = data.locked.length ? { ...others, [data.participant]: data.locked } : others
  return { ...state, locks: { everyone, students: after } }
}

// recording

const recordingStarted: Applier = (state, { actor, at }) => ({
  ...state,
  recording: { ...state.recording, on: true, since: at, by: actor },
})

const recordingStopped: Applier = (state) => ({
  ...state,
  recording: { ...state.recording, on: false },
})

const excepted: Applier = (state, { data }) => {
  const { rooms, participants } = state.recording.excepted
  const changed = (known: string[], one: string | undefined): string[] => {
    if (one === undefined) return known
    const others = known.filter((other) => other !== one)
    return data.out ? [...others, one] : others
  }
  const after = { rooms: changed(rooms, data.room), participants: changed(participants, data.participant) }
  return { ...state, recording: { ...state.recording, excepted: after } }
}

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
  'participant.left': (state, event) => marked({ present: false, left: event.at })(state, event),
  'participant.admitted': marked({ admitted: true }),
  'lead.taken': passed,
  'lead.given': passed,
  'lead.asked': asked,
  'lead.declined': declined,
  'stage.invited': staged,
  'stage.accepted': staged,
  'stage.declined': staged,
  'stage.released': staged,
  'stage.called': called,
  'stage.dismissed': dismissed,
  'camera.chosen': chosen,
  'line.said': heard,
  'line.sent': heard,
  'hand.raised': raised,
  'hand.lowered': lowered,
  ...BOARD,
  ...GROUPS,
  ...GAMES,
  ...PLAN,
  ...PRACTICE,
  ...ASKING,
  ...NOTES,
  ...MISSED,
  'timer.started': timerStarted,
  'timer.stopped': timerStopped,
  'courseware.opened': coursewareOpened,
  'courseware.closed': coursewareClosed,
  'courseware.played': coursewarePlayed,
  'simulation.changed': simulationChanged,
  'activity.opened': opened,
  'activity.answered': (state, event) => answered(state, [event]),
  'activity.counted': changed,
  'activity.closed': changed,
  'activity.reopened': changed,
  'activity.revealed': changed,
  'activity.marked': handMarked,
  'activity.shown': workShown,
  'activity.hidden': wordsHidden,
  'chart.shown': chartShown,
  'chat.said': said,
  'chat.ruled': ruled,
  'chat.hidden': messageHidden,
  'student.locked': locked,
  'recording.started': recordingStarted,
  'recording.stopped': recordingStopped,
  'recording.excepted': excepted,
  'data.saved': saved,
}

/** The state after an event. A kind that this version does not know changes nothing but `seq`. */
export function apply(state: State, event: Event): State {
  const applied = own(APPLY, event.kind)?.(state, event) ?? state
  return { ...applied, seq: event.seq }
}

/** The state after all of these. Answers in a row are put to what their question has in one go: with a copy of a class's
 * answers for each of them, the work would grow by its square. */
export function applyAll(state: State, events: readonly Event[]): State {
  for (let from = 0, to = 0; from < events.length; from = to) {
    const first = events[from] as AnyEvent
    const like = (one: AnyEvent | undefined) =>
      one?.kind === 'activity.answered' && one.data.activity === first.data.activity
    to = from + 1
    while (like(first) && like(events[to])) to++
    const some = events.slice(from, to)
    state = like(first) ? { ...answered(state, some), seq: (some[some.length - 1] as Event).seq } : apply(state, first)
  }
  return state
}
