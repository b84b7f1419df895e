/** What was handed in to be marked by hand, as its teachers' page asks for it when the lesson is over. */

import type { Activity } from '../generated/protocol.ts'
import { uuid } from '../lesson/outbox.ts'
import { request } from './request'

export interface Handed {
  activities: Activity[]
  people: Record<string, { name: string | null; room: string | null }>
}

/** What a child got back. */
export interface Marked {
  lesson: string
  participant: string
  activities: Activity[]
}

const ofLesson = (lesson: string): string => `/api/v1/lessons/${encodeURIComponent(lesson)}/marking`

export const handed = (lesson: string, activity: string): Promise<Handed> =>
  request('GET', `${ofLesson(lesson)}?activity=${encodeURIComponent(activity)}`)

export const marksOf = (seat: string): Promise<Marked> =>
  request('GET', `/api/v1/seats/${encodeURIComponent(seat)}/marks`)

/** What was known, with what has changed. */
export const changed = (known: Handed, now: Handed): Handed => ({
  ...known,
  activities: known.activities.map((one) => {
    const { answers, marks } = now.activities.find(({ activity }) => activity === one.activity) ?? {}
    return { ...one, answers: { ...one.answers, ...answers }, marks: { ...one.marks, ...marks } }
  }),
})

/** Carries a command out as the teacher that one was in the lesson; what is another by it now. */
export const afterwards = (
  lesson: string,
  kind: 'activity.mark' | 'activity.hide',
  data: Record<string, unknown>,
): Promise<Handed> => request('POST', ofLesson(lesson), { id: uuid(), kind, data })
