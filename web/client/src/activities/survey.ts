/** Several questions in one activity. An answer is the list of all that was answered so far. Pure. */

import type { Activity, Answer, One, Question } from '../generated/protocol.ts'
import { typeOf } from './index.ts'
import { type } from './type.ts'

export type Survey = Extract<Question, { type: 'survey' }>
export type Part = Survey['questions'][number]
/** null: was passed over. */
export type Answers = readonly (One | null)[]

export const isWhole = ({ questions }: Pick<Survey, 'questions'>, answers: Answers | undefined): boolean =>
  answers?.length === questions.length

const MAX_LONG = 10_000
const MAX_ALL_LONG = 40_000

/** Characters of each of its long texts; as `classroom.activities.types.survey`. */
export const longestOf = ({ questions }: Pick<Survey, 'questions'>): number =>
  Math.min(MAX_LONG, Math.floor(MAX_ALL_LONG / Math.max(1, questions.filter(({ type }) => type === 'essay').length)))

/** A question of it, as the question that it is. */
const asked = (part: Part): Question => part as unknown as Question

const valueIn = (part: Part, answer: One | null | undefined): unknown =>
  answer?.[typeOf(asked(part)).field as keyof One] ?? undefined

export const survey = type<'survey', Answers>({
  field: 'answers',
  said: true,
  /** For each question how many answered it, and what came of it. */
  count: ({ questions }, every) =>
    questions.map((part, at) => {
      const values = every.map((answers) => valueIn(part, answers[at])).filter((value) => value !== undefined)
      return [values.length, typeOf(asked(part)).count(asked(part), values)]
    }),
  again: ({ questions, anonymous }, answers) => !anonymous && answers !== undefined && !isWhole({ questions }, answers),
})

/** Each question of it as an activity by itself: with its own answers and its own tally. */
export function partsOf(activity: Extract<Activity, { type: 'survey' }>): Activity[] {
  return activity.questions.map((part, at) => {
    const answers: Record<string, Answer> = {}
    for (const [who, { answers: all }] of Object.entries(activity.answers)) {
      const answer = all?.[at]
      if (answer) answers[who] = answer as Answer
    }
    const tally = activity.tally?.[at] as [number, unknown[]] | undefined
    return {
      ...asked(part),
      activity: `${activity.activity} ${at}`,
      phase: activity.phase,
      opened_at: activity.opened_at,
      anonymous: activity.anonymous,
      changeable: false,
      answers,
      counts: {},
      answered: tally?.[0] ?? Object.keys(answers).length,
      ...(tally && { tally: tally[1] }),
      ...(activity.unshown && { unshown: activity.unshown }),
    } as Activity
  })
}

/** How many have answered all of it. */
export const finished = (activity: Extract<Activity, { type: 'survey' }>): number =>
  Object.values(activity.answers).filter(({ answers }) => isWhole(activity, answers ?? undefined)).length
