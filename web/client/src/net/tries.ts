/** Questions of a recording, tried by who looks at it. */

import { typeOf } from '../activities'
import type { Activity } from '../generated/protocol.ts'
import { request } from './request'

export interface Tried {
  activity: string
  /** How right the first answer was, 0 to 1. */
  first: number
  best: number
  tries: number
}
/** How right an answer is, and what is right. */
export type Told = Tried & Pick<Activity, 'explanation'> & { mark: number; answer: unknown; tolerance: number | null }
export interface Counted {
  activity: string
  people: number
  right: number
  mean: number
}

const of = (resource: string): string => `/api/v1/resources/${encodeURIComponent(resource)}/tries`

export const tries = (resource: string): Promise<{ mine: Tried[]; all: Counted[] | null }> =>
  request('GET', of(resource))
export const tryIt = (resource: string, activity: Activity, value: unknown): Promise<Told> =>
  request('POST', of(resource), { activity: activity.activity, [typeOf(activity).field]: value })

/** Why a question cannot be tried: as classroom/activities/trying.py has it. */
export function whyNot(activity: Activity): 'anonymous' | 'game' | 'by_hand' | 'no_answer' | null {
  if (activity.anonymous) return 'anonymous'
  if (activity.type === 'buzzer' || activity.type === 'roll') return 'game'
  if (typeOf(activity).byHand) return 'by_hand'
  return 'answer' in activity && activity.answer != null ? null : 'no_answer'
}

/** The question as nobody has answered it yet; once one has, with what is right. */
export function fresh(activity: Activity, told: Told | null): Activity {
  const {
    answer: _,
    explanation: __,
    tolerance: ___,
    tally: ____,
    marks: _____,
    ...rest
  } = activity as Activity & Partial<Told>
  const run = { phase: told ? 'revealed' : 'open', answers: {}, counts: {}, anonymous: false, changeable: false }
  const right = told ? { answer: told.answer, explanation: told.explanation, tolerance: told.tolerance } : {}
  return { ...rest, ...run, ...right, seconds: undefined } as unknown as Activity
}
