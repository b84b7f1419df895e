/** Courseware in the fold, as `classroom.courseware` has it; and where what plays is by the lesson's clock. */
import type {
  CoursewareClosed,
  CoursewareOpened,
  CoursewarePlayed,
  Event,
  Playing,
  SimulationChanged,
  State,
} from '../generated/protocol.ts'

export function coursewareOpened(state: State, { data }: Event<CoursewareOpened>): State {
  const { courseware, ...what } = data
  return { ...state, courseware: { ...state.courseware, [courseware]: what } }
}

export function coursewareClosed(state: State, { data }: Event<CoursewareClosed>): State {
  const others = Object.entries(state.courseware).filter(([one]) => one !== data.courseware)
  const playing = state.playing?.courseware === data.courseware ? null : state.playing
  return { ...state, courseware: Object.fromEntries(others), playing }
}

export function coursewarePlayed(state: State, { data, at }: Event<CoursewarePlayed>): State {
  return { ...state, playing: { ...data, at } }
}

export function simulationChanged(state: State, { data, at }: Event<SimulationChanged>): State {
  const { playing } = state
  if (playing?.courseware !== data.courseware) return state
  return { ...state, playing: { ...playing, state: data.state, changed: at } }
}

/** Where everyone's player is to be at `now` (the lesson's clock): milliseconds of the film. */
export function positionAt(playing: Playing, now: number, durationMs: number): number {
  const reached = playing.position_ms + (playing.playing ? Math.max(0, now - playing.at) * playing.rate : 0)
  if (!playing.loop) return Math.min(reached, durationMs)
  const [from, to] = playing.loop as [number, number]
  return reached < to ? reached : from + ((reached - from) % (to - from))
}
