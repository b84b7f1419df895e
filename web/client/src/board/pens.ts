/** Whether one may write, besides teachers: the colour to write in, null where it is free, undefined where one may not. Pure. */

import type { State } from '../generated/protocol.ts'

const own = <T>(record: Readonly<Record<string, T>>, key: string | null): T | undefined =>
  key !== null && Object.prototype.hasOwnProperty.call(record, key) ? record[key] : undefined

export function penOf({ board: { pens } }: State, me: string, room: string | null): string | null | undefined {
  return own(pens.participants, me) ?? own(pens.rooms, room) ?? (given(pens, me, room) ? null : undefined)
}

const given = (pens: State['board']['pens'], me: string, room: string | null): boolean =>
  pens.everyone || own(pens.participants, me) !== undefined || own(pens.rooms, room) !== undefined
