/** Pages that were handed out: whose page is whose, who has written, and how long there still is. Pure. */

import type { BoardObject, Handout, Page, State } from '../generated/protocol.ts'
import { pageOf } from '../lesson/board.ts'
import { roomName, rooms } from './people.ts'

/** Who has a page of their own: a student, a room or a group. */
export interface Owner {
  id: string
  /** Empty: it has none, or it is not known. */
  name: string
  wrote: boolean
}

/** A room, or home (null), and those in it; rooms and groups themselves are all in one place. */
export interface Place {
  room: string | null
  owners: readonly Owner[]
}

export const ownPageId = ({ handout }: Handout, owner: string): string => `${handout}-${owner}`

/** Milliseconds that are left; null where there is no limit. */
export const leftOf = ({ since, seconds }: Handout, now: number): number | null =>
  seconds === null ? null : Math.max(0, since + seconds * 1000 - now)

export const isOpen = (one: Handout, now: number): boolean => one.phase === 'open' && leftOf(one, now) !== 0

const has = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.prototype.hasOwnProperty.call(record, key) ? record[key] : undefined

export const groupOf = ({ groups }: State, me: string): string | null =>
  groups.order.find((id) => has(groups.by_id, id)?.members.includes(me)) ?? null

/** Whose page someone in that room writes on; null: there is none for them. */
export function ownerFor(state: State, { to }: Handout, me: string, room: string | null): string | null {
  if (to === 'students') return me
  return to === 'rooms' ? room : groupOf(state, me)
}

/** The last that was handed out to someone, and their page of it. */
export function handoutFor(state: State, me: string, room: string | null): { handout: Handout; owner: string } | null {
  for (const handout of state.handouts.slice().reverse()) {
    const owner = ownerFor(state, handout, me, room)
    if (owner !== null) return { handout, owner }
  }
  return null
}

/** The page that was handed out, which lies under everyone's own. */
export const underOf = (state: State, { page }: Handout): Page | null => pageOf(state, page) ?? null

/** Null: nothing has been written on it yet. */
export const ownPageOf = (state: State, handout: Handout, owner: string): Page | null =>
  pageOf(state, ownPageId(handout, owner)) ?? null

/** Also of one that is no more but has written; empty: it has none. */
export const nameOfGroup = ({ groups, boards }: State, id: string): string =>
  (has(groups.by_id, id) ?? has(boards, id))?.name ?? ''

/** All who write on a page of their own, place by place, each where it was: who has written does not change it. Of one
 *  room alone where it is named; groups are of all rooms. */
export function wallOf(state: State, handout: Handout, only?: string): Place[] {
  const owner = (id: string, name: string | undefined): Owner => ({
    id,
    name: name ?? '',
    wrote: written(state, ownPageOf(state, handout, id)),
  })
  if (handout.to === 'rooms') {
    const there = rooms(state).filter((id) => only === undefined || id === only)
    return [{ room: null, owners: there.map((id) => owner(id, roomName(state, id))) }]
  }
  if (handout.to === 'groups') {
    const gone = Object.keys(state.boards).filter(
      (id) => state.boards[id]?.kind === 'group' && !state.groups.order.includes(id) && ownPageOf(state, handout, id),
    )
    return [{ room: null, owners: [...state.groups.order, ...gone].map((id) => owner(id, nameOfGroup(state, id))) }]
  }
  const places = new Map<string | null, Owner[]>()
  for (const [id, { role, admitted, tablet, present, room, name }] of Object.entries(state.participants)) {
    if (role !== 'student' || !admitted || !tablet || (only !== undefined && room !== only)) continue
    const one = owner(id, name)
    if (present || one.wrote) places.set(room, [...(places.get(room) ?? []), one])
  }
  return [...places]
    .map(([room, owners]) => ({ room, owners }))
    .sort((one, other) => Number(!one.room) - Number(!other.room))
}

/** A teacher's marks are not what a page was handed out for. */
export const written = ({ participants, lead }: State, page: Page | null): boolean =>
  page?.objects.some(({ by }) => by !== lead.participant && has(participants, by)?.role !== 'lead_teacher') ?? false

/** A page of one's own over what it was written on, with whose it is in its corner: for a file. */
export function namedPage(state: State, handout: Handout, owner: string, name: string): Page {
  const under = underOf(state, handout)
  const page = ownPageOf(state, handout, owner)
  const label: BoardObject = {
    ...{ object: `name-${owner}`, type: 'text', by: owner, z: 0, words: 0, text: name },
    ...{ color: '#0b57c2', size: 32, box: [24, 12, 1500, 48] },
  }
  return {
    id: ownPageId(handout, owner),
    paper: under?.paper ?? { kind: 'blank' },
    objects: [...(under?.objects ?? []), ...(page?.objects ?? []), label],
    erased: [],
  }
}
