/** The notes' part of the fold. The same as `classroom.notes.sheets`. */
import type { Event, NotesPart, Sheet, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

export const CLASS = 'class'
export const NO_NOTES: Sheet = { parts: [], size: 0, more: 0, writers: {} }

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.prototype.hasOwnProperty.call(record, key) ? record[key] : undefined

/** The sheet of the class or of a group, or one on which nothing is. */
export function sheetOf(state: State, notes: string): Sheet {
  if (notes === CLASS) return state.notes
  const known = own(state.group_notes, notes)
  if (known) return known
  const group = own(state.groups.by_id, notes)
  return group && 'name' in group ? { ...NO_NOTES, name: group.name as string } : NO_NOTES
}

const put = (state: State, notes: string, sheet: Sheet): State =>
  notes === CLASS ? { ...state, notes: sheet } : { ...state, group_notes: { ...state.group_notes, [notes]: sheet } }

const part = (data: NotesPart): NotesPart => ({
  words: data.words,
  ...('update' in data ? { update: data.update as string } : {}),
})

const written: Applier = (state, { actor, data }) => {
  const sheet = sheetOf(state, data.notes)
  const writers = 'client' in data ? { ...sheet.writers, [data.client]: actor } : sheet.writers
  const parts = [...sheet.parts, part(data)]
  return put(state, data.notes, { ...sheet, parts, more: sheet.more + data.size, writers })
}

const merged: Applier = (state, { data }) =>
  put(state, data.notes, { ...sheetOf(state, data.notes), parts: [part(data)], size: data.size, more: 0 })

const ruled: Applier = (state, { data }) => ({ ...state, notes_by: data.by })

const shown: Applier = (state, { data }) => ({ ...state, notes_shown: data.on })

export const NOTES: Readonly<Record<string, Applier>> = {
  'notes.written': written,
  'notes.merged': merged,
  'notes.ruled': ruled,
  'notes.shown': shown,
}
