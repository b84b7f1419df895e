/** The groups' part of the fold. The same as `classroom.groups`. */
import type { Event, Group, GroupsState, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

const NONE: GroupsState = { by: null, order: [], by_id: {}, call: null }

/** Without the board of the group, or of all groups, where this viewer is shown them no more. */
function forgot(state: State, data: { group?: string; forget?: true }): State {
  if (!data.forget) return state
  const left = Object.entries(state.boards).filter(
    ([owner, { kind }]) => kind !== 'group' || (data.group !== undefined && data.group !== owner),
  )
  return { ...state, boards: Object.fromEntries(left) }
}

const made: Applier = (state, { data }) => {
  const groups = (data.groups as { group: string; name?: string }[]).map(({ group, ...named }): [string, Group] => [
    group,
    { ...named, members: [] },
  ])
  const order = groups.map(([group]) => group)
  return { ...forgot(state, data), groups: { by: data.by, order, by_id: Object.fromEntries(groups), call: null } }
}

const filled: Applier = (state, { data }) => {
  const { by_id } = state.groups
  if (!Object.prototype.hasOwnProperty.call(by_id, data.group)) return state
  const { names: _, ...known } = by_id[data.group] as Group
  const group: Group = { ...known, members: data.members, ...('names' in data ? { names: data.names } : {}) }
  return { ...forgot(state, data), groups: { ...state.groups, by_id: { ...by_id, [data.group]: group } } }
}

const called: Applier = (state, { at, data }) => ({
  ...state,
  groups: { ...state.groups, call: { seconds: data.seconds, since: at } },
})

const dissolved: Applier = (state, { data }) => ({ ...forgot(state, data), groups: NONE })

export const GROUPS: Readonly<Record<string, Applier>> = {
  'groups.made': made,
  'group.filled': filled,
  'groups.called': called,
  'groups.dissolved': dissolved,
}
