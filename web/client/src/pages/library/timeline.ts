/**
 * A lesson's events as something to look up by time: the state then, the ink that was being drawn then, the marks.
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */

import type { Activity, Event, Questions, State, StepBegun, Stroke } from '../../generated/protocol.ts'
import { until } from '../../board/ink.ts'
import type { StrokeObject } from '../../board/objects.ts'
import { apply, EMPTY } from '../../lesson/apply.ts'
import type { Cut } from './cuts.ts'
import type { Mark } from './chapters.ts'

const CHECKPOINT_EVERY = 100
/** What came of a question is looked at for so long, where nothing else is asked. */
const LOOKED_AT_MS = 15_000

interface Asked {
  activity: string
  from: number
  to: number
}

interface Written extends StrokeObject {
  page: string
  at: number
}

const NOTHING: StrokeObject[] = []

export class Timeline {
  readonly marks: readonly Mark[]
  /** What learners asked, as it stands now: they ask, and are answered, when the recording is over, too. */
  readonly questions: Questions
  /** Whether anything was asked in the lesson: by the teacher, or of them. */
  readonly asks: boolean
  /** Whether anything was written into the notes of the class. */
  readonly notes: boolean
  /** When the lesson went on unrecorded, between two stretches that were. */
  readonly pauses: readonly Cut[]
  readonly events: readonly Event[]
  private readonly checkpoints: State[]
  private readonly written: Written[]
  private readonly asked: Asked[]
  private readonly last: State
  private readonly told: readonly Mark[]
  private readonly stopped: number | null
  private longestMs: number
  private folded = { count: 0, state: EMPTY }

  /** `before`: what was known of a lesson that goes on, which these events follow; it is used up. */
  constructor(events: readonly Event[], before?: Timeline) {
    this.events = before ? [...before.events, ...events] : events
    this.checkpoints = before?.checkpoints ?? [EMPTY]
    this.written = before?.written ?? []
    this.asked = before?.asked ?? []
    this.longestMs = before?.longestMs ?? 0
    const marks: Mark[] = [...(before?.told ?? [])]
    const pauses: Cut[] = [...(before?.pauses ?? [])]
    const count = before?.events.length ?? 0
    let stopped: number | null = before?.stopped ?? null
    let state = before?.last ?? EMPTY
    events.forEach((event, position) => {
      const index = count + position
      const before = state
      state = apply(state, event)
      if ((index + 1) % CHECKPOINT_EVERY === 0) this.checkpoints.push(state)
      if (event.kind === 'stroke.added') this.write(event)
      if (event.kind.startsWith('activity.')) this.ask(event)
      const mark = markOf(event, before, state)
      if (mark) marks.push(mark)
      if (before.recording.on && !state.recording.on) stopped = event.at
      if (!before.recording.on && state.recording.on && stopped !== null) pauses.push([stopped, event.at])
    })
    this.last = state
    this.told = [...marks]
    this.stopped = stopped
    this.questions = state.questions
    this.asks = state.activities.order.length > 0 || Object.keys(state.questions.by_id).length > 0
    this.notes = state.notes.parts.length > 0
    this.pauses = pauses.filter(([from, to]) => to > from)
    for (const { moment, text } of Object.values(state.questions.by_id)) {
      if (moment !== null) marks.push({ at: moment, kind: 'asked', text: text ?? '' })
    }
    this.marks = marks.sort((one, other) => one.at - other.at)
  }

  /** The state of the lesson at `at` milliseconds of its clock. */
  at(at: number): State {
    const low = first(this.events, (event) => event.at > at)
    const checkpoint = Math.floor(low / CHECKPOINT_EVERY)
    let { count, state } = this.folded
    if (count > low || count < checkpoint * CHECKPOINT_EVERY) {
      count = checkpoint * CHECKPOINT_EVERY
      state = this.checkpoints[checkpoint] as State
    }
    for (; count < low; count++) state = apply(state, this.events[count] as Event)
    this.folded = { count, state }
    return state
  }

  /** Strokes that were begun and not finished at `at`, as far as they had come. */
  growing(at: number, page: string): StrokeObject[] {
    const out: StrokeObject[] = []
    for (let i = first(this.written, (ink) => ink.at > at); i < this.written.length; i++) {
      const ink = this.written[i] as Written
      if (ink.at - this.longestMs > at) break
      const points = ink.began <= at && ink.page === page ? until(ink.points, at - ink.began) : NOTHING
      if (points.length) out.push({ ...ink, points: points as readonly number[] as number[] })
    }
    return out.length ? out : NOTHING
  }

  /** The question that stands at a moment: one that is open, or what came of it until a while later. */
  asking(at: number): Activity | null {
    for (let i = first(this.asked, ({ from }) => from > at) - 1; i >= 0; i--) {
      const { activity, to } = this.asked[i] as Asked
      if (at < to) return this.at(at).activities.by_id[activity] ?? null
    }
    return null
  }

  private ask({ kind, at, data }: Event): void {
    const { activity } = data as { activity: string }
    const before = this.asked[this.asked.length - 1]
    if (kind === 'activity.opened' || kind === 'activity.reopened') {
      if (before) before.to = Math.min(before.to, at)
      this.asked.push({ activity, from: at, to: Infinity })
    } else if (before?.activity === activity && (kind === 'activity.closed' || kind === 'activity.revealed')) {
      before.to = at + LOOKED_AT_MS
    }
  }

  private write(event: Event): void {
    const { stroke: object, ...rest } = event.data as Stroke
    this.written.push({ ...rest, object, type: 'stroke', at: event.at })
    this.longestMs = Math.max(this.longestMs, event.at - rest.began)
  }
}

/** The place of the first of a list for which it holds; it holds for all that follow. */
function first<T>(list: readonly T[], holds: (one: T) => boolean): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(list[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}

function markOf({ at, kind, data }: Event, before: State, state: State): Mark | null {
  const film = state.playing && state.courseware[state.playing.courseware]
  if (film && state.playing?.courseware !== before.playing?.courseware) {
    return { at, kind: 'film', name: film.name ?? '' }
  }
  if (kind === 'step.begun') return { at, kind: 'step', title: (data as StepBegun).title }
  if (kind === 'activity.opened') return { at, kind: 'activity', asked: data as Activity }
  if (kind !== 'page.shown' || at <= 0 || state.board.shown === before.board.shown) return null
  const index = state.board.pages.findIndex(({ id }) => id === state.board.shown)
  const paper = state.board.pages[index]?.paper
  if (!paper || !('courseware' in paper)) return { at, kind: 'page', number: index + 1 }
  const { courseware, slide } = paper
  return { at, kind: 'slide', courseware, number: slide, name: state.courseware[courseware]?.name ?? '' }
}
