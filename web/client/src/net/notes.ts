/** Notes: which sheets someone has to do with, and who writes on them. */

import type { State } from '../generated/protocol.ts'
import { CLASS } from '../lesson/notes.ts'
import { groupOf } from './handouts.ts'
import { isLocked } from './locks.ts'

export { CLASS, sheetOf } from '../lesson/notes.ts'

/** Those of a student: the class's, once there is something to read or to write, and its group's. */
export function sheetsFor(state: State, me: string): string[] {
  const group = groupOf(state, me)
  const open = state.notes_by === 'all' || state.notes_shown || state.notes.parts.length > 0
  return [...(open ? [CLASS] : []), ...(group === null ? [] : [group])]
}

/** All that teachers see: the class's, those of the groups that there are, and of groups that were. */
export const sheetsOf = ({ groups, group_notes }: State): string[] => [
  CLASS,
  ...groups.order,
  ...Object.keys(group_notes).filter((group) => !groups.order.includes(group)),
]

/** Whether a student may write on one of its sheets; the same as `classroom.notes.sheets.writes_for`. */
export const writes = (state: State, me: string, notes: string): boolean =>
  !isLocked(state, me, 'notes') && (notes !== CLASS || state.notes_by === 'all')
