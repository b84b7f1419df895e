/** Groups by what they are called, and who is in them. */

import type { State } from '../generated/protocol.ts'
import { t } from '../i18n'
import { groupOf } from './handouts.ts'

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
