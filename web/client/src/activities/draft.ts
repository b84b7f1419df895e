/** A question as a teacher writes it, and what is asked of it. Pure; what is shuffled is shuffled by `random`. */

import type { Question } from '../generated/protocol.ts'
import { GAP } from './words.ts'

/** The types that a teacher writes. A vote is a choice of which nothing is right, a roll call is a button of its own. */
export const WRITTEN = [
  'choice',
  'multiple',
  'truefalse',
  'number',
  'text',
  'gaps',
  'order',
  'match',
  'cloud',
  'rating',
  'essay',
  'survey',
  'buzzer',
] as const
export type Written = (typeof WRITTEN)[number]

export interface Draft {
  type: Written
  prompt: string
  options: string[]
  /** Beside each option, where they are matched. */
  targets: string[]
  /** Indices of the right options. */
  right: number[]
  /** A number, words with `/` between those that are accepted, or the text, in which `{…}` are the gaps. */
  answer: string
  tolerance: string
  unit: string
  steps: number
  ends: [string, string]
  words: number
  /** Of a survey. */
  parts: PartDraft[]
}

/** The types that a survey may ask, of which none has a right answer there. */
export const PARTS = ['choice', 'multiple', 'truefalse', 'rating', 'number', 'text', 'essay', 'cloud', 'order'] as const

export interface PartDraft extends Draft {
  type: (typeof PARTS)[number]
  required: boolean
}

export const MOST_PARTS = 20

export const FEWEST = 2
export const MOST = 10

export const blank = (type: Written): Draft => ({
  type,
  prompt: '',
  options: ['', '', '', ''],
  targets: ['', '', '', ''],
  right: [],
  answer: '',
  tolerance: '',
  unit: '',
  steps: 5,
  ends: ['', ''],
  words: 3,
  parts: [],
})

export const blankPart = (type: PartDraft['type'] = 'choice'): PartDraft => ({ ...blank(type), type, required: false })

const letter = (i: number): string => String.fromCharCode(65 + i)
const alternatives = (text: string): string[] =>
  text
    .split('/')
    .map((one) => one.trim())
    .filter(Boolean)

/** A comma is as good as a point; null: it is no number. */
export function numberOf(text: string): number | null {
  const number = Number(text.trim().replace(',', '.'))
  return text.trim() && Number.isFinite(number) ? number : null
}

/** 0 to n - 1 in an order of chance, which is not that in which they come. */
function shuffled(n: number, random: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j] as number, order[i] as number]
  }
  return order.every((one, i) => one === i) ? [...order.slice(1), ...order.slice(0, 1)] : order
}

/** The right ones when `option` has been touched: one is it or not, and of a multiple choice any number. */
export function touched({ type, right }: Draft, option: number): number[] {
  const marked = right.includes(option)
  if (type !== 'multiple') return marked ? [] : [option]
  return marked ? right.filter((one) => one !== option) : [...right, option]
}

type Asked = Omit<Question, 'activity' | 'seconds' | 'anonymous' | 'changeable'> & Record<string, unknown>

/** What the draft asks; null: something is missing. Options left empty after the last that is filled are none, and where
 *  all are empty they are their letters. */
export function questionOf(draft: Draft, random: () => number): Asked | null {
  const { type, right } = draft
  const prompt = draft.prompt.trim()
  const used = draft.options.reduce((last, one, i) => (one.trim() || right.includes(i) ? i + 1 : last), 0)
  const options = draft.options
    .slice(0, used ? Math.max(FEWEST, used) : undefined)
    .map((one, i) => one.trim() || letter(i))
  const filled = draft.options.map((one) => one.trim()).filter(Boolean)
  switch (type) {
    case 'choice':
      return right.length ? { type, prompt, options, answer: right[0] } : { type: 'vote', prompt, options }
    case 'multiple':
      return { type, prompt, options, ...(right.length && { answer: [...right].sort((a, b) => a - b) }) }
    case 'truefalse':
      return { type, prompt, ...(right.length && { answer: right[0] }) }
    case 'rating': {
      const ends = draft.ends.map((one) => one.trim())
      return { type, prompt, steps: draft.steps, ...(ends.every(Boolean) && { ends }) }
    }
    case 'number': {
      const [answer, tolerance] = [numberOf(draft.answer), numberOf(draft.tolerance)]
      if (draft.answer.trim() && answer === null) return null
      if (draft.tolerance.trim() && (tolerance === null || tolerance < 0)) return null
      const unit = draft.unit.trim()
      return {
        type,
        prompt,
        ...(answer !== null && { answer, ...(tolerance !== null && { tolerance }) }),
        ...(unit && { unit }),
      }
    }
    case 'text': {
      const answer = alternatives(draft.answer)
      return { type, prompt, ...(answer.length && { answer }) }
    }
    case 'gaps': {
      const answer: string[][] = []
      const text = draft.answer.trim().replace(/\{([^{}]*)\}/g, (_, inside: string) => {
        answer.push(alternatives(inside))
        return GAP
      })
      if (!answer.length || text.split(GAP).length !== answer.length + 1) return null
      return { type, prompt, text, ...(answer.every((one) => one.length) && { answer }) }
    }
    case 'order': {
      if (filled.length < FEWEST) return null
      // Shown in an order of chance; the answer says where each is.
      const shown = shuffled(filled.length, random)
      return { type, prompt, options: shown.map((i) => filled[i]), answer: filled.map((_, i) => shown.indexOf(i)) }
    }
    case 'match': {
      const pairs = draft.options.map((one, i) => [one.trim(), (draft.targets[i] ?? '').trim()] as const)
      const whole = pairs.filter(([option, target]) => option && target)
      if (whole.length < FEWEST || pairs.some(([option, target]) => option && !target)) return null
      const others = pairs.filter(([option, target]) => !option && target).map(([, target]) => target)
      const targets = [...new Set([...whole.map(([, target]) => target), ...others])]
      if (targets.length < FEWEST) return null
      const shown = shuffled(targets.length, random).map((i) => targets[i] as string)
      const answer = whole.map(([, target]) => shown.indexOf(target))
      return { type, prompt, options: whole.map(([option]) => option), targets: shown, answer }
    }
    case 'survey': {
      const parts = draft.parts.map((part) => partOf(part, random))
      return parts.length && parts.every(Boolean) ? { type, prompt, questions: parts } : null
    }
    case 'cloud':
      return { type, prompt, words: draft.words }
    case 'essay':
    case 'buzzer':
      return { type, prompt }
  }
}

/** A question of a survey; null: something is missing, or it asks nothing. */
function partOf({ required, ...draft }: PartDraft, random: () => number): Asked | null {
  const question = draft.prompt.trim() ? questionOf({ ...draft, right: [], answer: '', tolerance: '' }, random) : null
  if (!question) return null
  const { answer: _, ...asked } = question
  return { ...asked, required } as Asked
}
