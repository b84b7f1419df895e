/** Who may write, besides teachers. Pure; the same as `classroom.board.writing.is_given`. */

import type { Pens, State } from '../generated/protocol.ts'

const own = <T>(record: Readonly<Record<string, T>>, key: string | null): T | undefined =>
  key !== null && Object.prototype.hasOwnProperty.call(record, key) ? record[key] : undefined

/** The colour to write in, null where it is free, undefined where one may not write. */
export function penOf({ board: { pens } }: State, me: string, room: string | null): string | null | undefined {
  if (!isGiven(pens, me, room)) return undefined
  return own(pens.participants, me) ?? own(pens.rooms, room) ?? null
}

export function isGiven(pens: Pens, one: string, room: string | null): boolean {
  if (own(pens.participants, one) !== undefined) return true
  if (pens.without.participants.includes(one)) return false
  return own(pens.rooms, room) !== undefined || (pens.everyone && !(room !== null && pens.without.rooms.includes(room)))
}
