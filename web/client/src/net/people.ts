/** The people of a lesson by where they are. */

import type { ParticipantState, State } from '../generated/protocol.ts'

export interface Someone extends ParticipantState {
  id: string
}

/** Made once for all who ask until somebody comes or goes: of a large lesson a page asks a hundred times a second. */
const known = new WeakMap<State['participants'], readonly Someone[]>()

export function everyone({ participants }: State): readonly Someone[] {
  let all = known.get(participants)
  if (!all) known.set(participants, (all = Object.entries(participants).map(([id, one]) => ({ id, ...one }))))
  return all
}

export const present = (state: State): Someone[] => everyone(state).filter((one) => one.present)

/** The students who are there, of a room (null: at home) or of the class; raised hands first, the longest waiting of all. */
export function students(state: State, room?: string | null): Someone[] {
  const place = (id: string) => (state.hands.includes(id) ? state.hands.indexOf(id) : state.hands.length)
  return present(state)
    .filter((one) => one.role === 'student' && one.admitted && (room === undefined || one.room === room))
    .sort((a, b) => place(a.id) - place(b.id))
}

/** Rooms of which anyone is there, in the order in which they first came: one that returns has its old place. */
export const rooms = (state: State): string[] => {
  const here = new Set(present(state).map(({ room }) => room))
  const ever = new Set(everyone(state).flatMap(({ room }) => (room === null ? [] : [room])))
  return [...ever].filter((room) => here.has(room))
}

/** The displays that are there, each in the place of the first one that its room ever had. */
export function displays(state: State): Someone[] {
  const all = everyone(state).filter(({ role }) => role === 'display')
  const place = ({ room }: Someone) => all.findIndex((one) => one.room === room)
  return all.filter((one) => one.present).sort((a, b) => place(a) - place(b))
}

/** A room goes by the name of its display, or of its teacher where it never had one. */
export function roomName(state: State, room: string): string {
  const named = (role: string) => everyone(state).find((one) => one.role === role && one.room === room)?.name
  return named('display') || named('local_teacher') || ''
}
