/** The fold of rooms that see what they missed, as `classroom.missed` has it. Pure. */

import type { Event, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

const without = (missed: State['missed'], room: string): State['missed'] =>
  Object.fromEntries(Object.entries(missed).filter(([one]) => one !== room))

const shown: Applier = (state, { at, data: { room, from_ms } }) => ({
  ...state,
  missed: { ...without(state.missed, room), [room]: { from_ms, at } },
})

const stopped: Applier = (state, { data }) => ({ ...state, missed: without(state.missed, data.room) })

export const MISSED: Readonly<Record<string, Applier>> = { 'missed.shown': shown, 'missed.stopped': stopped }
