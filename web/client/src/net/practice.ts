/** What children practise, as their pages and their teachers' ask for it when the lesson is over. */

import type { Practice, Question } from '../generated/protocol.ts'
import { uuid } from '../lesson/outbox.ts'
import { request } from './api'

export type Given = Omit<Practice, 'at'> & { practice: string }
export interface OfSeat {
  lesson: string
  title: string
  participant: string
  practices: Given[]
}
export interface Giving {
  practice: string
  point: string
  participants: string[]
  questions: Question[]
  courseware: string[]
}

const id = encodeURIComponent
const ofLesson = (lesson: string): string => `/api/v1/lessons/${id(lesson)}/practices`
const ofSeat = (seat: string): string => `/api/v1/seats/${id(seat)}/practices`

export const given = (lesson: string): Promise<Given[]> => request('GET', ofLesson(lesson))
export const give = (lesson: string, data: Giving): Promise<Given[]> =>
  request('POST', ofLesson(lesson), { id: uuid(), data })
export const practices = (seat: string): Promise<OfSeat> => request('GET', ofSeat(seat))
export const practise = (seat: string, practice: string, data: Record<string, unknown>): Promise<OfSeat> =>
  request('POST', `${ofSeat(seat)}/${id(practice)}/answers`, { id: uuid(), data })

/** Whether a question can be practised: it has a right answer, and none that a teacher must mark. */
export const practisable = (question: Question): boolean => 'answer' in question && question.answer != null
