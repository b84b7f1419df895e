/** Groups by what they are called, and who is in them. */

import type { State } from '../generated/protocol.ts'
import { t } from '../i18n'
import { groupOf } from './handouts.ts'

const has = (record: Readonly<Record<string, string>>, key: string): string | null =>
  Object.prototype.hasOwnProperty.call(record, key) ? (record[key] as string) : null

/** The group that someone talks with, or visits. As `classroom.voices.voice_of`. */
export const voiceOf = ({ groups }: State, participant: string): string | null =>
  has(groups.voice, participant) ?? has(groups.visits, participant)

/** Who talks with a group, in the order in which they came. */
export const talking = ({ groups }: State, id: string): string[] =>
  Object.keys(groups.voice).filter((one) => groups.voice[one] === id)

/** Who visits a group. */
export const visiting = ({ groups }: State, id: string): string[] =>
  Object.keys(groups.visits).filter((one) => groups.visits[one] === id)

/** The group that one may talk with: one's own, until the class was called back. */
export const talksWith = (state: State, me: string): string | null =>
  state.groups.call?.over ? null : groupOf(state, me)

/** The group that a teacher visits, where the viewer is not in its voice and so does not hear it. */
export function voiceElsewhere(state: State, teacher: string, me: string): string | null {
  const group = has(state.groups.visits, teacher)
  return group === voiceOf(state, me) ? null : group
}

/** What a group is called: its own name, or its number. */
export const groupName = ({ groups }: State, id: string): string =>
  groups.by_id[id]?.name ?? t('groups.n', { n: groups.order.indexOf(id) + 1 })

/** The group that a student is in, and who else is. */
export function myGroup(state: State, me: string): { name: string; members: string[] } | null {
  const id = groupOf(state, me)
  if (id === null) return null
  const { members = [], names = {} } = state.groups.by_id[id] ?? {}
  return { name: groupName(state, id), members: members.map((one) => names[one] || t('person.nameless')) }
}
