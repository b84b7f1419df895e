/** The fold of what is practised. The same as `classroom.practice`. */
import type { Event, Practice, Question, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

/** Ids may be words that every object answers to. */
const withOne = <T>(known: Readonly<Record<string, T>>, key: string, value: T): Record<string, T> =>
  Object.fromEntries([...Object.entries(known).filter(([one]) => one !== key), [key, value]])

const own = <T>(known: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.prototype.hasOwnProperty.call(known, key) ? known[key] : undefined

const given: Applier = (state, { at, data: { practice, ...data } }) => ({
  ...state,
  practices: withOne(state.practices, practice, {
    resources: [],
    ...data,
    at,
    marks: {},
    opened: {},
  } as unknown as Practice),
})

const answered: Applier = (state, { actor, data: { practice: id, question, mark, ...hidden } }) => {
  const practice = own(state.practices, id)
  if (practice === undefined) return state
  const questions = practice.questions.map((one, i) => (i === question ? ({ ...one, ...hidden } as Question) : one))
  const mine = { ...own(practice.marks, actor), [String(question)]: mark as number }
  const after: Practice = { ...practice, questions, marks: withOne(practice.marks, actor, mine) }
  return { ...state, practices: withOne(state.practices, id, after) }
}

const opened: Applier = (state, { actor, data: { practice: id, resource } }) => {
  const practice = own(state.practices, id)
  if (practice === undefined) return state
  const mine = [...(own(practice.opened, actor) ?? []), resource as string]
  const after: Practice = { ...practice, opened: withOne(practice.opened, actor, mine) }
  return { ...state, practices: withOne(state.practices, id, after) }
}

export const PRACTICE: Readonly<Record<string, Applier>> = {
  'practice.given': given,
  'practice.answered': answered,
  'practice.opened': opened,
}
