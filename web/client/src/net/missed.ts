/** What a room missed while its display had no line. Pure. */

import type { State } from '../generated/protocol.ts'

/** A display is said to have left when it was not heard for so long. */
const UNHEARD_MS = 10_000
/** A little of what was seen before, to find back into it. */
const BEFORE_MS = 3000
/** For so long after it came back that is worth a question. */
const OFFERED_MS = 300_000

/** The stretch of the lesson's clock that a room's display was away for, lately; null: none. */
export function missedBy(state: State, room: string, now: number): { from: number; to: number } | null {
  for (const { role, room: where, present, left, since } of Object.values(state.participants)) {
    if (role !== 'display' || where !== room || !present || left === undefined) continue
    if (left > 0 && now - since < OFFERED_MS) return { from: Math.max(0, left - UNHEARD_MS - BEFORE_MS), to: since }
  }
  return null
}
