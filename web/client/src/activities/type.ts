/** What a type of question has to say about its own; as `classroom.activities.question.QuestionType`. Pure. */

import type { Answer, Question } from '../generated/protocol.ts'

/** What came of all answers, as the type counts them. */
export type Tally = unknown[]

export interface QuestionType {
  /** That of an answer which its value is in. */
  readonly field:
    | 'choice'
    | 'choices'
    | 'number'
    | 'text'
    | 'texts'
    | 'order'
    | 'pairs'
    | 'spot'
    | 'game'
    | 'buzz'
    | 'file'
    | 'answers'
    | 'rows'
  readonly count: (question: Question, values: readonly unknown[]) => Tally
  /** How right it is, 0 to 1. Asked only where the question has an `answer`; absent where nothing is right or wrong. */
  readonly mark?: (question: Question, value: unknown) => number
  /** Of how many options hands may be counted. */
  readonly columns?: (question: Question) => number
  /** Whether its tally is of words that were answered, of which a teacher may hide some. */
  readonly said?: boolean
  /** What is sent before it is named by an answer. */
  readonly work?: 'sound' | 'ink' | 'picture'
  /** Whether a teacher marks it. */
  readonly byHand?: boolean
  /** Whether who has answered that may go on answering, whatever the teacher allows. */
  readonly again?: (question: Question, value: unknown) => boolean
}

type Of<T extends Question['type']> = Extract<Question, { type: T }>

/** A type as it sees its own questions and values. What else is asked of it is another's. */
export function type<T extends Question['type'], V>(one: {
  field: QuestionType['field']
  count: (question: Of<T>, values: readonly V[]) => Tally
  mark?: (question: Of<T>, value: V) => number
  columns?: (question: Of<T>) => number
  said?: boolean
  work?: QuestionType['work']
  byHand?: boolean
  again?: (question: Of<T>, value: V | undefined) => boolean
}): QuestionType {
  return one as unknown as QuestionType
}

/** How many chose each. */
export function votes(columns: number, choices: readonly number[]): number[] {
  const counts = new Array<number>(columns).fill(0)
  for (const choice of choices) counts[choice] = (counts[choice] ?? 0) + 1
  return counts
}

const MAX_TALLIED = 200

/** `[value, how often]`, the most frequent first, and of equals the smaller. */
export function frequent<V extends string | number>(values: readonly V[]): [V, number][] {
  const counts = new Map<V, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([one, often], [other, times]) => times - often || compare(one, other)).slice(0, MAX_TALLIED)
}

/** Words by code points, which is not how strings compare. */
function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' || typeof other === 'number') return Number(one) - Number(other)
  const [these, those] = [Array.from(one), Array.from(other)]
  for (let i = 0; i < Math.min(these.length, those.length); i++) {
    const difference = (these[i]?.codePointAt(0) ?? 0) - (those[i]?.codePointAt(0) ?? 0)
    if (difference) return difference
  }
  return these.length - those.length
}

const MAX_PLAIN = 300

/** Words as they are compared: composed and wide forms made one, small letters, single spaces; of what becomes long by
 *  that, the beginning. */
export const plain = (words: string): string =>
  Array.from(words.normalize('NFKC').toLowerCase())
    .slice(0, MAX_PLAIN)
    .join('')
    .replace(/[\n\t]/g, ' ')
    .split(' ')
    .filter(Boolean)
    .join(' ')

export const accepted = (words: string, right: readonly string[]): boolean => right.map(plain).includes(plain(words))

/** The value of an answer, undefined where it has none: it was given without a name, or erased. */
export const valueOf = ({ field }: QuestionType, answer: Answer): unknown => answer[field] ?? undefined

/** The share of places in which two lists are the same. */
export const sameness = (one: readonly unknown[], other: readonly unknown[]): number =>
  one.filter((value, i) => value === other[i]).length / one.length
