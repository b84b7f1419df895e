/** Works, which are sent first and named by the answer, and what a teacher gives for them by hand. Pure. */

import type { Activity, Criterion, Mark, Question } from '../generated/protocol.ts'
import { type } from './type.ts'

const work = { field: 'file', count: () => [], byHand: true } as const

export const spoken = type<'spoken', string>({ ...work, work: 'sound' })
export const drawing = type<'drawing', string>({ ...work, work: 'ink' })
export const upload = type<'upload', string>({ ...work, work: 'picture' })

/** Points, where a question does not say. */
const WORTH = 10

/** The types that a teacher marks. */
type ByHand = Extract<Question, { type: 'essay' | 'spoken' | 'drawing' | 'upload' }>

export const rubricOf = (question: Question): readonly Criterion[] | null => (question as ByHand).rubric ?? null

/** Points that can be reached. */
export function mostOf(question: Question): number {
  const rubric = rubricOf(question)
  if (!rubric) return (question as ByHand).worth ?? WORTH
  return rubric.reduce((sum, { levels }) => sum + Math.max(...levels.map(({ points }) => points)), 0)
}

/** What was given for somebody's answer, as far as this viewer may know. */
export function markFor(activity: Activity, participant: string): Mark | null {
  const marks = activity.marks ?? {}
  return Object.prototype.hasOwnProperty.call(marks, participant) ? (marks[participant] ?? null) : null
}
