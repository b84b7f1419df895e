/** Who is first, by when the server heard of it. Pure. */

import type { Activity } from '../generated/protocol.ts'
import { type } from './type.ts'

/** So many are taken. */
export const MOST = 10

/** What the journal keeps of an answer: 0 is the first; `at` is the lesson's clock. */
export interface Buzz {
  place: number
  at: number
}

export const buzzer = type<'buzzer', Buzz>({
  field: 'buzz',
  count: (_, buzzes) => [...buzzes].sort((one, other) => one.place - other.place).map(({ at }) => at),
})

export interface Buzzed {
  participant: string
  name: string
  /** Milliseconds after it opened. */
  after: number
  /** Milliseconds before the next; null: there is none yet. */
  before: number | null
}

/** Who has pressed, the first first. */
export function buzzed(activity: Activity): Buzzed[] {
  const order = Object.entries(activity.answers)
    .map(([participant, answer]) => ({ participant, name: answer.name ?? '', buzz: answer.buzz as Buzz | undefined }))
    .filter((one): one is typeof one & { buzz: Buzz } => typeof one.buzz === 'object')
    .sort((one, other) => one.buzz.place - other.buzz.place)
  return order.map(({ participant, name, buzz }, i) => {
    const next = order[i + 1]
    return {
      participant,
      name,
      after: buzz.at - activity.opened_at,
      before: next === undefined ? null : next.buzz.at - buzz.at,
    }
  })
}

/** Milliseconds as seconds with two places; what is less than a hundredth is said to the thousandth. */
export const inSeconds = (ms: number): string => (ms / 1000).toFixed(ms > 0 && ms < 10 ? 3 : 2)
