/** One of several options, or several of them. */

import { type, votes } from './type.ts'

const one = {
  field: 'choice',
  mark: ({ answer }: { answer?: unknown }, choice: number): number => Number(choice === answer),
} as const

const ofOptions = {
  ...one,
  count: ({ options }: { options: string[] }, choices: readonly number[]) => votes(options.length, choices),
  columns: ({ options }: { options: string[] }) => options.length,
}

export const choice = type<'choice', number>(ofOptions)
export const vote = type<'vote', number>({ ...ofOptions, mark: undefined })
export const roll = type<'roll', number>({ ...ofOptions, mark: undefined })

export const truefalse = type<'truefalse', number>({
  ...one,
  count: (_, choices) => votes(2, choices),
  columns: () => 2,
})

export const rating = type<'rating', number>({
  field: 'choice',
  count: ({ steps }, choices) => votes(steps, choices),
  columns: ({ steps }) => steps,
})

export const multiple = type<'multiple', number[]>({
  field: 'choices',
  count: ({ options }, answers) => votes(options.length, answers.flat()),
  columns: ({ options }) => options.length,
  /** The share of the right ones that was chosen, less one for each that is wrong. */
  mark: ({ answer }, choices) => {
    const right = answer ?? []
    const hits = choices.filter((choice) => right.includes(choice)).length
    return Math.max(0, (hits - (choices.length - hits)) / right.length)
  },
})
