/** The groups' part of the fold. The same as `classroom.groups` and `classroom.voices`. */
import type { Event, Group, GroupsState, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

const NONE: GroupsState = { by: null, order: [], by_id: {}, call: null, voice: {}, visits: {} }

/** Without the board, notes and voice of the group, or of all groups, where this viewer is shown them no more. */
function forgot(state: State, data: { group?: string; forget?: true }): State {
  if (!data.forget) return state
  const left = Object.entries(state.boards).filter(
    ([owner, { kind }]) => kind !== 'group' || (data.group !== undefined && data.group !== owner),
  )
  const notes = Object.entries(state.group_notes).filter(([one]) => data.group !== undefined && data.group !== one)
  const voice = Object.entries(state.groups.voice).filter(
    ([, group]) => data.group !== undefined && data.group !== group,
  )
  return {
    ...state,
    boards: Object.fromEntries(left),
    group_notes: Object.fromEntries(notes),
    groups: { ...state.groups, voice: Object.fromEntries(voice) },
  }
}

const made: Applier = (state, { data }) => {
  const groups = (data.groups as { group: string; name?: string }[]).map(({ group, ...named }): [string, Group] => [
    group,
    { ...named, members: [] },
  ])
  const order = groups.map(([group]) => group)
  return { ...forgot(state, data), groups: { ...NONE, by: data.by, order, by_id: Object.fromEntries(groups) } }
}

const filled: Applier = (state, { data }) => {
  if (!Object.prototype.hasOwnProperty.call(state.groups.by_id, data.group)) return state
  const left = forgot(state, data)
  const { by_id } = left.groups
  const { names: _, ...known } = by_id[data.group] as Group
  const group: Group = { ...known, members: data.members, ...('names' in data ? { names: data.names } : {}) }
  return { ...left, groups: { ...left.groups, by_id: { ...by_id, [data.group]: group } } }
}

const called: Applier = (state, { at, data }) => ({
  ...state,
  groups: { ...state.groups, call: { seconds: data.seconds, since: at } },
})

const dissolved: Applier = (state, { data }) => ({ ...forgot(state, data), groups: NONE })

/** Those who talk with a group, or visit one, with one more, or less. */
const into =
  (field: 'voice' | 'visits'): Applier =>
  (state, { data }) => {
    const known = state.groups[field]
    return { ...state, groups: { ...state.groups, [field]: { ...known, [data.participant]: data.group } } }
  }

const outOf =
  (field: 'voice' | 'visits'): Applier =>
  (state, { data }) => {
    const { [data.participant]: _, ...others } = state.groups[field]
    return { ...state, groups: { ...state.groups, [field]: others } }
  }

const closed: Applier = (state) => {
  const call = state.groups.call && { ...state.groups.call, over: true }
  return { ...state, groups: { ...state.groups, call, voice: {}, visits: {} } }
}

export const GROUPS: Readonly<Record<string, Applier>> = {
  'groups.made': made,
  'group.filled': filled,
  'groups.called': called,
  'groups.dissolved': dissolved,
  'voice.joined': into('voice'),
  'voice.left': outOf('voice'),
  'group.visited': into('visits'),
  'group.left': outOf('visits'),
  'voices.closed': closed,
}
