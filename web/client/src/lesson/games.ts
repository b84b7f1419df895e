/** The fold of who is picked by chance and how teams stand. The same as `classroom.picking` and `classroom.competition`. */
import type { Event, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

/** The numbers by their keys, and more of some. Ids may be words that every object answers to. */
function added(
  known: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = new Map(Object.entries(known))
  for (const [key, n] of Object.entries(more)) sums.set(key, (sums.get(key) ?? 0) + n)
  return Object.fromEntries(sums)
}

const made: Applier = (state, { at, data }) => {
  const once = Object.fromEntries((data.participants as string[]).map((one) => [one, 1]))
  return { ...state, pick: { now: { ...data, at }, turns: added(state.pick.turns, once) } }
}

const cleared: Applier = (state) => ({ ...state, pick: { ...state.pick, now: null } })

const started: Applier = (state, { data }) => ({
  ...state,
  competition: { ...data, points: {}, shown: false, over: null, last: null },
})

const scored: Applier = (state, { data }) => {
  const { competition } = state
  if (!competition) return state
  const last = data.undone ? null : data.points
  return { ...state, competition: { ...competition, points: added(competition.points, data.points), last } }
}

const shown: Applier = (state, { data }) => {
  const competition = state.competition ?? data.now
  if (!competition || data.forget) return { ...state, competition: null }
  return { ...state, competition: { ...competition, shown: data.on, over: data.over ?? null } }
}

const stopped: Applier = (state) => ({ ...state, competition: null })

export const GAMES: Readonly<Record<string, Applier>> = {
  'pick.made': made,
  'pick.cleared': cleared,
  'competition.started': started,
  'competition.scored': scored,
  'competition.shown': shown,
  'competition.stopped': stopped,
}
