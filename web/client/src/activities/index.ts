/** All types of questions, and what may be asked of any. A new one is a module here and one in `classroom.activities.types`. */

import type { Activity, Answer, Question } from '../generated/protocol.ts'
import { buzzer } from './buzzer.ts'
import { choice, multiple, rating, roll, truefalse, vote } from './choice.ts'
import { memory } from './memory.ts'
import { match, number, order } from './order.ts'
import { spot } from './spot.ts'
import { data } from './data.ts'
import { survey } from './survey.ts'
import { valueOf, type QuestionType, type Tally } from './type.ts'
import { cloud, essay, gaps, text } from './words.ts'
import { drawing, spoken, upload } from './works.ts'

export const TYPES: Readonly<Record<Question['type'], QuestionType>> = {
  ...{ choice, vote, roll, truefalse, rating, multiple },
  ...{ number, text, essay, cloud, order, match, gaps, buzzer, memory, spot, survey, data },
  ...{ spoken, drawing, upload },
}

export const typeOf = ({ type }: Pick<Question, 'type'>): QuestionType => TYPES[type]

/** As it was revealed or counted, else of the answers and counted hands that this viewer may see; without the words that
 *  a teacher has hidden. */
export const tallyOf = (activity: Activity): Tally => without(wholeTallyOf(activity), activity.unshown ?? [])

/** A tally of words, of several questions or gaps too, but for these; as `classroom.activities.counting.without`. */
function without(tally: Tally, words: readonly string[]): Tally {
  if (!words.length) return tally
  return tally
    .filter((one) => !(Array.isArray(one) && words.includes(one[0] as string)))
    .map((one) => (Array.isArray(one) ? without(one, words) : one))
}

/** Every word that was said, and how often: the most frequent first, hidden ones too, of which it may not be known. Of
 *  each list only so many that are not hidden, as charts show them. */
export function saidIn(activity: Activity, most = Infinity): [string, number][] {
  const hidden = new Set(activity.unshown)
  const often = new Map([...hidden].map((word) => [word, 0]))
  const count = (tally: Tally): void => {
    let left = most
    for (const one of tally) {
      if (!Array.isArray(one)) continue
      const [word, n] = one as [unknown, unknown]
      if (typeof word !== 'string') count(one)
      else if (hidden.has(word) || left-- > 0) often.set(word, (often.get(word) ?? 0) + Number(n))
    }
  }
  const { tally: _, ...answered } = activity
  count(
    Object.values(activity.answers).some((one) => valueOf(typeOf(activity), one) !== undefined)
      ? wholeTallyOf(answered as Activity)
      : (activity.tally ?? []),
  )
  return [...often].sort(([, one], [, other]) => other - one)
}

function wholeTallyOf(activity: Activity): Tally {
  if (activity.tally) return activity.tally
  const type = typeOf(activity)
  const values = Object.values(activity.answers).map((one) => valueOf(type, one))
  const counted = type.count(
    activity,
    values.filter((value) => value !== undefined),
  )
  for (const hands of Object.values(activity.counts)) hands.forEach((n, i) => (counted[i] = Number(counted[i]) + n))
  return counted
}

/** How right an answer is, 0 to 1; null: there is no right one, or this viewer does not know it. */
export function markOf(question: Question, answer: Answer): number | null {
  const type = typeOf(question)
  const value = valueOf(type, answer)
  if (type.mark === undefined || value === undefined || !('answer' in question) || question.answer == null) return null
  return type.mark(question, value)
}
