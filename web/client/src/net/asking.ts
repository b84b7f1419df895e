/** What learners ask, for pages whose lesson is over. */

import type { CommandData, Questions } from '../generated/protocol.ts'
import { uuid } from '../lesson/outbox.ts'
import { request, type Role } from './api'

export interface Asked {
  lesson: string
  title: string
  /** Null: who looks at it took no part. */
  participant: string | null
  role: Role
  room: string | null
  /** This child may not ask. */
  locked: boolean
  questions: Questions
}
/** What learners and teachers may still do. */
export type Learns = 'question.ask' | 'question.vote'
export type Teaches = 'question.mark' | 'question.reply'

const id = encodeURIComponent
const ofLesson = (lesson: string): string => `/api/v1/lessons/${id(lesson)}/asked`
const ofSeat = (seat: string): string => `/api/v1/seats/${id(seat)}/asked`

export const askedIn = (lesson: string): Promise<Asked> => request('GET', ofLesson(lesson))
export const askedAt = (seat: string): Promise<Asked> => request('GET', ofSeat(seat))
export const teach = <K extends Teaches>(lesson: string, kind: K, data: CommandData[K]): Promise<Asked> =>
  request('POST', ofLesson(lesson), { id: uuid(), kind, data })
export const learn = <K extends Learns>(seat: string, kind: K, data: CommandData[K]): Promise<Asked> =>
  request('POST', ofSeat(seat), { id: uuid(), kind, data })

/** Where in a recording of the library a moment of the lesson is. */
export const momentAt = (resource: string, moment: number): string =>
  `/library/${id(resource)}?at=${Math.round(moment)}`
