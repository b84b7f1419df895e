/** A lesson's report, as the server tells it: docs/statistics.md says what each figure means. */

import type { Question as Asked } from '../generated/protocol.ts'
import { request } from './request'
import type { Formula } from './participation'

/** A number, or the code of why there is none. */
export type Figure = number | string
export interface Estimate {
  value: number
  low: number
  high: number
}
export type Estimated = Estimate | string

export interface Quiz {
  attempts: number
  max_mark: number
  mean: Figure
  median: Figure
  sd: Figure
  skewness: Figure
  kurtosis: Figure
  consistency: Estimated
  error_ratio: Figure
  standard_error: Figure
}
export interface Chosen {
  /** The index of the option; null stands for those who chose none. */
  option: string | null
  credit: number | null
  count: number
  share: Figure
  rest: Figure
  upper: Figure
  lower: Figure
}
export interface Figures {
  item: string
  attempts: number
  answered: number
  facility: Figure
  sd: Figure
  guess: Figure
  intended_weight: Figure
  effective_weight: Figure
  discrimination: Estimated
  efficiency: Figure
  doubtful: boolean
  time: { times: number; lower_ms: Figure; median_ms: Figure; upper_ms: Figure }
  options: Chosen[]
}
export interface Question {
  /** What was asked; its tally is null where too few answered without names. */
  asked: Asked & {
    activity: string
    anonymous: boolean
    answered: number
    tally: unknown[] | null
    /** Words that are hidden from all but teachers. */
    unshown?: string[]
  }
  /** Null where it is no part of the test. */
  figures: Figures | null
  /** Those that were counted in rooms, and how right they were, in per cent. */
  hands: { room: string; name: string; raised: number; share: number }[]
  /** Of a buzzer, who was how fast. */
  buzzes: { participant: string; name: string; place: number; after_ms: number; before_ms: number | null }[]
}
export interface Point {
  point: string
  questions: number
  answered: number
  share: Estimated
  reading: 'weak' | 'open' | 'reached'
  below: string[]
}
export interface Room {
  room: string | null
  name: string
  children: number
  attempts: number
  mean: Figure
  median: Figure
  facilities: Figure[]
}
export interface Part {
  counted: string
  count: number
  of: number
  points: number
  most: number
}
export interface Child {
  participant: string
  name: string
  room: string | null
  marks: (number | null)[]
  result: number | null
  score: { value: Figure; parts: Part[] }
}
export interface Trend {
  of: string
  steps: { lesson: string; children: number; result: number; ahead: Figure }[]
  change: Figure
  course: 'rising' | 'falling' | 'open'
}
/** Of the plan; `minutes` null: it was not said how long it was to take. */
export interface Step {
  step: string
  title: string
  minutes: number | null
  ms: number
}
export interface Told {
  lesson: string
  title: string
  started_at: number | null
  lessons: { id: string; title: string; started_at: number | null }[]
  quiz: Quiz
  questions: Question[]
  points: Point[]
  rooms: Room[]
  children: Child[]
  trends: Trend[]
  room_trends: Trend[]
  /** Of the score of participation; null where the school wants none. */
  formula: Formula | null
  plan: Step[]
}

const path = (lesson: string, end = ''): string => `/api/v1/lessons/${encodeURIComponent(lesson)}/report${end}`

export const report = (lesson: string): Promise<Told> => request<Told>('GET', path(lesson))

/** Where it is to be had as a file. */
export const files = (lesson: string, lang: string) => ({
  pdf: path(lesson, `.pdf?language=${encodeURIComponent(lang)}`),
  xlsx: path(lesson, '.xlsx'),
  csv: path(lesson, '.csv?table=children'),
  xapi: path(lesson, '/xapi'),
})
