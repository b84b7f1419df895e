/** Works that were handed in for an activity. */

import { typeOf } from '../activities'
import type { Activity, Paper, State } from '../generated/protocol.ts'
import { everyone, type Someone } from '../net/people'

export type WorkType = 'spoken' | 'drawing' | 'upload'

export const isWork = (activity: Pick<Activity, 'type'>): activity is Activity & { type: WorkType } =>
  typeOf(activity).work !== undefined

/** What a drawing is drawn on. */
export const paperOf = (activity: Activity): Paper =>
  activity.type === 'drawing' && activity.picture != null
    ? { kind: 'image', courseware: activity.picture, slide: 1 }
    : { kind: 'blank' }

/** The activities that a teacher marks, the latest first. */
export const markedOf = (state: State): Activity[] =>
  state.activities.order
    .flatMap((id) => state.activities.by_id[id] ?? [])
    .filter((one) => typeOf(one).byHand)
    .reverse()

export interface Handed {
  /** null: at home. */
  room: string | null
  given: Someone[]
  missing: Someone[]
}

/** Who of which room has handed something in, the last one last, and who of those who are there has not. */
export function handedIn(state: State, activity: Activity): Handed[] {
  const children = everyone(state).filter(({ role, admitted }) => role === 'student' && admitted)
  const known = new Map(children.map((one) => [one.id, one]))
  const given = Object.keys(activity.answers).flatMap((id) => known.get(id) ?? [])
  const gave = new Set(given)
  const places = new Set([...children.flatMap(({ room }) => room ?? []), null])
  return [...places]
    .map((room) => ({
      room,
      given: given.filter((one) => one.room === room),
      missing: children.filter((one) => one.present && one.room === room && !gave.has(one)),
    }))
    .filter((one) => one.given.length + one.missing.length > 0)
}
