/** A question that is there, as a teacher would have written it: the way back of `questionOf`. Pure. */

import { blank, blankPart, WRITTEN, type Draft, type PartDraft, type Written } from './draft.ts'
import type { Area } from './spot.ts'
import { GAP } from './words.ts'

interface Whole {
  type: string
  prompt: string
  picture?: string
  alt?: string
  sound?: string
  plays?: number
  options?: string[]
  pictures?: (string | null)[]
  targets?: string[]
  target_pictures?: (string | null)[]
  answer?: unknown
  tolerance?: number
  unit?: string
  text?: string
  steps?: number
  ends?: [string, string]
  words?: number
  aspect?: number
  worth?: number
  points?: string[]
  explanation?: string
  table?: { name: string; unit?: string; words?: boolean; least?: number | null; most?: number | null }[]
  chart?: Draft['chart']
  live?: boolean
  rubric?: { name: string; levels: { points: number; says?: string }[] }[]
  questions?: (Whole & { required?: boolean })[]
}

/** So many fields are there at least. */
const FIELDS = 4
const filled = (texts: readonly string[]): string[] =>
  [...texts, ...blank('choice').options].slice(0, Math.max(FIELDS, texts.length))
const spoken = (all: readonly string[]): string => all.join(' / ')

/** Empty where there is none. */
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

const criterionOf = ({ name, levels }: NonNullable<Whole['rubric']>[number]) => ({
  name,
  levels: levels.map(({ points, says }) => [points, says].filter((one) => one !== undefined).join(' ')).join(' / '),
})

/** Null: it is of a type that is not written in the form. */
export function draftOf(question: Whole): Draft | null {
  const type = (question.type === 'vote' ? 'choice' : question.type) as Written
  if (!WRITTEN.includes(type)) return null
  const { prompt, picture = '', alt = '', sound = '', plays = 0 } = question
  const { options = [], pictures = [], targets = [], target_pictures = [] } = question
  const shown = (all: readonly (string | null)[], order: readonly number[]): string[] =>
    filled(order.map((i) => all[i] ?? ''))
  const each = options.map((_, i) => i)
  const given = {
    ...blank(type),
    ...{ prompt, picture, alt, sound, plays },
    points: spoken(question.points ?? []),
    explanation: question.explanation ?? '',
    options: filled(options),
    pictures: shown(pictures, each),
    pictured: [...pictures, ...target_pictures].some(Boolean),
  }
  switch (type) {
    case 'choice':
    case 'truefalse':
      return { ...given, right: question.answer === undefined ? [] : [question.answer as number] }
    case 'multiple':
      return { ...given, right: (question.answer ?? []) as number[] }
    case 'number':
      return { ...given, answer: text(question.answer), tolerance: text(question.tolerance), unit: question.unit ?? '' }
    case 'text':
      return { ...given, answer: spoken((question.answer ?? []) as string[]) }
    case 'gaps': {
      const answers = (question.answer ?? []) as string[][]
      const [first, ...rest] = (question.text ?? '').split(GAP)
      return {
        ...given,
        answer: rest.reduce((all, part, i) => `${all}{${spoken(answers[i] ?? [])}}${part}`, first ?? ''),
      }
    }
    case 'order': {
      const order = (question.answer as number[] | undefined) ?? each
      return { ...given, options: shown(options, order), pictures: shown(pictures, order) }
    }
    case 'match':
    case 'memory': {
      const theirs = type === 'match' ? ((question.answer as number[] | undefined) ?? each) : each
      // What nothing belongs to stands below, with nothing beside it.
      const order = [...theirs, ...targets.map((_, i) => i).filter((i) => !theirs.includes(i))]
      const blanks = Array.from({ length: Math.max(0, order.length - options.length) }, () => '')
      return {
        ...given,
        options: filled([...options, ...blanks]),
        targets: shown(targets, order),
        targetPictures: shown(target_pictures, order),
        pictures: filled([...given.pictures.slice(0, options.length), ...blanks]),
      }
    }
    case 'spot':
      return { ...given, areas: (question.answer ?? []) as Area[], aspect: question.aspect ?? 1 }
    case 'cloud':
      return { ...given, words: question.words ?? 3 }
    case 'rating':
      return { ...given, steps: question.steps ?? 5, ends: question.ends ?? ['', ''] }
    case 'data': {
      const table = (question.table ?? []).map(({ name, unit = '', words = false, least, most }) => ({
        ...{ name, unit, words },
        ...{ least: text(least), most: text(most) },
      }))
      return { ...given, table, chart: question.chart ?? 'scatter', shownLive: question.live ?? false }
    }
    case 'survey': {
      const parts = (question.questions ?? []).map(({ required = false, ...part }) => {
        const draft = draftOf(part)
        return draft ? ({ ...draft, required } as PartDraft) : blankPart()
      })
      return { ...given, parts }
    }
    case 'essay':
    case 'spoken':
    case 'drawing':
    case 'upload':
      return { ...given, worth: text(question.worth), criteria: (question.rubric ?? []).map(criterionOf) }
    case 'buzzer':
      return given
  }
}
