/** What learners ask, for pages whose lesson is over. */

import type { CommandData, Questions } from '../generated/protocol.ts'
import { uuid } from '../lesson/outbox.ts'
import type { Role } from './api'
import { request } from './request'

export interface Asked {
  lesson: string
  title: string
  /** Null: who looks at it took no part. */
  participant: string | null
  role: Role
  room: string | null
  /** This child may not ask. */
  locked: boolean
  /** Of two answers the greater one is newer. */
  seq: number
  version: string
  questions: Questions
}
/** Without the questions where they are as they were at the version that was named. */
type Told = Omit<Asked, 'questions'> & { questions: Questions | null }
/** What learners and teachers may still do. */
export type Learns = 'question.ask' | 'question.vote'
export type Teaches = 'question.mark' | 'question.reply'

const id = encodeURIComponent
const ofLesson = (lesson: string): string => `/api/v1/lessons/${id(lesson)}/asked`
const ofSeat = (seat: string): string => `/api/v1/seats/${id(seat)}/asked`

const since = (now: Asked | null): string => (now ? `?since=${id(now.version)}` : '')
export const askedIn = (lesson: string, now: Asked | null): Promise<Told> =>
  request('GET', ofLesson(lesson) + since(now))
export const askedAt = (seat: string, now: Asked | null): Promise<Told> => request('GET', ofSeat(seat) + since(now))

export const teach = <K extends Teaches>(lesson: string, kind: K, data: CommandData[K]): Promise<Asked> =>
  request('POST', ofLesson(lesson), { id: uuid(), kind, data })
export const learn = <K extends Learns>(seat: string, kind: K, data: CommandData[K]): Promise<Asked> =>
  request('POST', ofSeat(seat), { id: uuid(), kind, data })

/** Where in a recording of the library a moment of the lesson is. */
export const momentAt = (resource: string, moment: number): string =>
  `/library/${id(resource)}?at=${Math.round(moment)}`
