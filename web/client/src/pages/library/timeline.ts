/** A lesson's events as something to look up by time: the state then, the ink that was being drawn then, the marks. */

import type { Activity, Event, Questions, State, Stroke } from '../../generated/protocol.ts'
import { apply, EMPTY } from '../../lesson/apply.ts'
import { until } from '../../board/ink'
import type { StrokeObject } from '../../board/objects'

const CHECKPOINT_EVERY = 100

interface Written extends StrokeObject {
  page: string
  at: number
}

export type Mark = { at: number } & (
  | { kind: 'activity'; asked: Pick<Activity, 'type' | 'prompt'> }
  | { kind: 'page'; number: number }
  | { kind: 'film'; name: string }
  | { kind: 'asked'; text: string }
)

export class Timeline {
  private readonly checkpoints: State[] = [EMPTY]
  private readonly written: Written[] = []
  readonly marks: Mark[] = []
  /** What learners asked, as it stands now: they ask, and are answered, when the recording is over, too. */
  readonly questions: Questions
  private folded = { count: 0, state: EMPTY }

  constructor(private readonly events: readonly Event[]) {
    let state = EMPTY
    events.forEach((event, index) => {
      const before = state.playing?.courseware
      state = apply(state, event)
      const film = state.playing && state.courseware[state.playing.courseware]
      if (film && state.playing?.courseware !== before) {
        this.marks.push({ at: event.at, kind: 'film', name: film.name ?? '' })
      }
      if ((index + 1) % CHECKPOINT_EVERY === 0) this.checkpoints.push(state)
      if (event.kind === 'stroke.added') {
        const { stroke: object, ...rest } = event.data as Stroke
        this.written.push({ ...rest, object, type: 'stroke', at: event.at })
      }
      if (event.kind === 'activity.opened') {
        this.marks.push({ at: event.at, kind: 'activity', asked: event.data as Activity })
      }
      if (event.kind === 'page.shown' && event.at > 0) {
        const shown = (event.data as { page: string }).page
        const number = state.board.pages.findIndex((page) => page.id === shown) + 1
        this.marks.push({ at: event.at, kind: 'page', number })
      }
    })
    this.questions = state.questions
    for (const { moment, text } of Object.values(state.questions.by_id)) {
      if (moment !== null) this.marks.push({ at: moment, kind: 'asked', text: text ?? '' })
    }
    this.marks.sort((one, other) => one.at - other.at)
  }

  /** The state of the lesson at `at` milliseconds of its clock. */
  at(at: number): State {
    let low = 0
    let high = this.events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.events[middle] as Event).at <= at) low = middle + 1
      else high = middle
    }
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
    return this.written
      .filter((ink) => ink.began <= at && at < ink.at && ink.page === page)
      .map((ink) => ({ ...ink, points: until(ink.points, at - ink.began) }))
      .filter((ink) => ink.points.length > 0)
  }
}
