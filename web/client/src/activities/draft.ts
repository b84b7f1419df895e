/** A question as a teacher writes it, and what is asked of it. Pure; what is shuffled is shuffled by `random`. */

import type { Question } from '../generated/protocol.ts'
import { numberOf } from './numbers.ts'
import { isThere, named, pairsOf, same, sidesOf, unlike, type Side } from './sides.ts'
import type { Area } from './spot.ts'
import type { Chart } from './data.ts'
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
  'memory',
  'spot',
  'cloud',
  'rating',
  'essay',
  'survey',
  'spoken',
  'drawing',
  'upload',
  'data',
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
  /** Courseware: of the question, and beside each option and target; empty: none. */
  picture: string
  alt: string
  sound: string
  /** How often it may be heard; 0: without end. */
  plays: number
  /** What one is to know for it, with `/` between. */
  points: string
  explanation: string
  pictured: boolean
  pictures: string[]
  targetPictures: string[]
  /** Where it is right to point at, and how high the picture is, by its width. */
  areas: Area[]
  aspect: number
  /** Points that can be reached, where a teacher marks; empty: as the server has it. */
  worth: string
  /** Or by these, each with its levels: points and what they mean, with `/` between. None: by points. */
  criteria: { name: string; levels: string }[]
  /** Of a survey. */
  parts: PartDraft[]
  /** Of a table that is filled together. */
  table: ColumnDraft[]
  chart: Chart
  shownLive: boolean
}

export interface ColumnDraft {
  name: string
  unit: string
  words: boolean
  least: string
  most: string
}

export const MOST_COLUMNS = 8
export const blankColumn = (): ColumnDraft => ({ name: '', unit: '', words: false, least: '', most: '' })

/** The types that a survey may ask, of which none has a right answer there. */
export const PARTS = ['choice', 'multiple', 'truefalse', 'rating', 'number', 'text', 'essay', 'cloud', 'order'] as const

export interface PartDraft extends Draft {
  type: (typeof PARTS)[number]
  required: boolean
}

export const MOST_PARTS = 20

const MOST_POINTS = 100
const MOST_LEVELS = 6
export const MOST_CRITERIA = 8
export const FEWEST = 2
export const MOST = 10
/** Characters of a knowledge point. */
const POINT = 80

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
  picture: '',
  alt: '',
  sound: '',
  plays: 0,
  points: '',
  explanation: '',
  pictured: false,
  pictures: ['', '', '', ''],
  targetPictures: ['', '', '', ''],
  areas: [],
  aspect: 1,
  parts: [],
  worth: '',
  criteria: [],
  table: [],
  chart: 'scatter',
  shownLive: false,
})

export const blankPart = (type: PartDraft['type'] = 'choice'): PartDraft => ({ ...blank(type), type, required: false })

const alternatives = (text: string): string[] =>
  text
    .split('/')
    .map((one) => one.trim())
    .filter(Boolean)

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

/** What every question may have. */
function givenOf({ prompt, picture, alt, sound, plays, explanation, ...draft }: Draft) {
  const [says, why] = [alt.trim(), explanation.trim()]
  const points = [...new Set(alternatives(draft.points).map((one) => one.slice(0, POINT)))].slice(0, MOST)
  return {
    prompt: prompt.trim(),
    ...(picture && { picture, ...(says && { alt: says }) }),
    ...(sound && { sound, ...(plays && { plays }) }),
    ...(points.length && { points }),
    ...(why && { explanation: why }),
  }
}

/** What stands in a line of a rubric; null: it is none. */
function criterion({ name, levels }: Draft['criteria'][number]): object | null {
  const found = alternatives(levels).map((level) => /^(\d{1,3})\s*(.*)$/.exec(level))
  const given = found.map((level) => ({ points: Number(level?.[1]), ...(level?.[2] && { says: level[2] }) }))
  const fits = given.every(({ points }) => points <= MOST_POINTS) && given.some(({ points }) => points > 0)
  if (!name.trim() || given.length < FEWEST || given.length > MOST_LEVELS || !fits) return null
  return { name: name.trim(), levels: given }
}

type Asked = Omit<Question, 'activity' | 'seconds' | 'anonymous' | 'changeable'> & Record<string, unknown>

/** What the draft asks; null: something is missing. Options left empty after the last that is filled are none, and where
 *  all are empty they are their letters. */
export function questionOf(draft: Draft, random: () => number): Asked | null {
  const { type, right } = draft
  const given = givenOf(draft)
  const all = sidesOf(draft.options, draft.pictured ? draft.pictures : [])
  const used = all.reduce((last, one, i) => (one || right.includes(i) ? i + 1 : last), 0)
  const options = named('options', 'pictures', all.slice(0, used ? Math.max(FEWEST, used) : undefined))
  switch (type) {
    case 'choice':
      return right.length ? { type, ...given, ...options, answer: right[0] } : { type: 'vote', ...given, ...options }
    case 'multiple':
      return { type, ...given, ...options, ...(right.length && { answer: [...right].sort((a, b) => a - b) }) }
    case 'truefalse':
      return { type, ...given, ...(right.length && { answer: right[0] }) }
    case 'rating': {
      const ends = draft.ends.map((one) => one.trim())
      return { type, ...given, steps: draft.steps, ...(ends.every(Boolean) && { ends }) }
    }
    case 'number': {
      const [answer, tolerance] = [numberOf(draft.answer), numberOf(draft.tolerance)]
      if (draft.answer.trim() && answer === null) return null
      if (draft.tolerance.trim() && (tolerance === null || tolerance < 0)) return null
      const unit = draft.unit.trim()
      return {
        type,
        ...given,
        ...(answer !== null && { answer, ...(tolerance !== null && { tolerance }) }),
        ...(unit && { unit }),
      }
    }
    case 'text': {
      const answer = alternatives(draft.answer)
      return { type, ...given, ...(answer.length && { answer }) }
    }
    case 'gaps': {
      const answer: string[][] = []
      const text = draft.answer.trim().replace(/\{([^{}]*)\}/g, (_, inside: string) => {
        answer.push(alternatives(inside))
        return GAP
      })
      if (!answer.length || text.split(GAP).length !== answer.length + 1) return null
      return { type, ...given, text, ...(answer.every((one) => one.length) && { answer }) }
    }
    case 'order': {
      const filled = all.filter(isThere)
      if (filled.length < FEWEST) return null
      // Shown in an order of chance; the answer says where each is.
      const shown = shuffled(filled.length, random)
      const lines = shown.map((i) => filled[i] as Side)
      return { type, ...given, ...named('options', 'pictures', lines), answer: filled.map((_, i) => shown.indexOf(i)) }
    }
    case 'match': {
      const { ones, theirs, others, half } = pairsOf(draft)
      const targets = unlike([...theirs, ...others])
      if (Math.min(ones.length, targets.length) < FEWEST || half) return null
      const shown = shuffled(targets.length, random).map((i) => targets[i] as Side)
      const sides = { ...named('options', 'pictures', ones), ...named('targets', 'target_pictures', shown) }
      return { type, ...given, ...sides, answer: theirs.map((one) => shown.findIndex((other) => same(one, other))) }
    }
    case 'memory': {
      const { ones, theirs, others, half } = pairsOf(draft)
      if (ones.length < FEWEST || half || others.length) return null
      const cards = ones.flatMap((one, i) => unlike([one, theirs[i] as Side]))
      if (unlike(cards).length < cards.length) return null
      const sides = { ...named('options', 'pictures', ones), ...named('targets', 'target_pictures', theirs) }
      return { type, ...given, ...sides, answer: ones.length }
    }
    case 'spot': {
      if (!draft.picture) return null
      return { type, ...given, aspect: draft.aspect, ...(draft.areas.length && { answer: draft.areas }) }
    }
    case 'data': {
      const table = draft.table.map(columnOf)
      if (!table.length || table.some((one) => one === null)) return null
      return { type, ...given, table, chart: draft.chart, live: draft.shownLive }
    }
    case 'survey': {
      const parts = draft.parts.map((part) => partOf(part, random))
      return parts.length && parts.every(Boolean) ? { type, ...given, questions: parts } : null
    }
    case 'cloud':
      return { type, ...given, words: draft.words }
    case 'essay':
    case 'spoken':
    case 'drawing':
    case 'upload': {
      if (draft.criteria.length) {
        const rubric = draft.criteria.map(criterion)
        return rubric.every((one) => one !== null) ? { type, ...given, rubric } : null
      }
      if (!draft.worth.trim()) return { type, ...given }
      const worth = numberOf(draft.worth)
      return worth !== null && Number.isInteger(worth) && worth >= 1 && worth <= MOST_POINTS
        ? { type, ...given, worth }
        : null
    }
    case 'buzzer':
      return { type, ...given }
  }
}

/** A question of a survey; null: something is missing, or it asks nothing. */
function partOf({ required, ...draft }: PartDraft, random: () => number): Asked | null {
  const question = draft.prompt.trim() ? questionOf({ ...draft, right: [], answer: '', tolerance: '' }, random) : null
  if (!question) return null
  const { answer: _, ...asked } = question
  return { ...asked, required } as Asked
}

/** A column as it is asked for; null: it has no name, or its bounds are none. */
function columnOf({ words, ...draft }: ColumnDraft): object | null {
  const [name, unit] = [draft.name.trim(), draft.unit.trim()]
  if (!name) return null
  if (words) return { name, words }
  const [least, most] = [draft.least, draft.most].map((text) => (text.trim() ? numberOf(text) : undefined))
  if (least === null || most === null || (least !== undefined && most !== undefined && least > most)) return null
  return { name, ...(unit && { unit }), ...(least !== undefined && { least }), ...(most !== undefined && { most }) }
}
