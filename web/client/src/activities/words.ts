/** Answers in words: a few, many, those of a cloud, and those in the gaps of a text. */

import { accepted, frequent, plain, type } from './type.ts'

export const GAP = '___'
/** A chart has. */
export const MOST_WORDS = 60

/** The text between the gaps: one piece more than there are gaps. */
export const pieces = ({ text }: { text: string }): string[] => text.split(GAP)

export const text = type<'text', string>({
  field: 'text',
  said: true,
  count: (_, texts) => frequent(texts.map(plain)),
  mark: ({ answer }, given) => Number(accepted(given, answer ?? [])),
})

export const essay = type<'essay', string>({ field: 'text', count: () => [], byHand: true })

export const cloud = type<'cloud', string[]>({
  field: 'texts',
  said: true,
  count: (_, answers) => frequent(answers.flat().map(plain)),
})

export const gaps = type<'gaps', string[]>({
  field: 'texts',
  said: true,
  count: (question, answers) =>
    pieces(question)
      .slice(1)
      .map((_, gap) =>
        frequent(
          answers
            .map((texts) => texts[gap] ?? '')
            .filter(Boolean)
            .map(plain),
        ),
      ),
  mark: ({ answer }, texts) => texts.filter((given, gap) => accepted(given, answer?.[gap] ?? [])).length / texts.length,
})
