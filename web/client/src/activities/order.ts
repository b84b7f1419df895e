/** Options put in order, or matched with targets; and a number. */

import { frequent, sameness, type } from './type.ts'

const table = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(0))

function add(counts: number[][], row: number, column: number): void {
  const cells = counts[row]
  if (cells) cells[column] = (cells[column] ?? 0) + 1
}

export const order = type<'order', number[]>({
  field: 'order',
  /** For each option, how many put it in each place. */
  count: ({ options }, orders) => {
    const places = table(options.length, options.length)
    for (const one of orders) one.forEach((option, place) => add(places, option, place))
    return places
  },
  mark: ({ answer }, one) => sameness(one, answer ?? []),
})

export const match = type<'match', (number | null)[]>({
  field: 'pairs',
  /** For each option, how many matched it with each target. */
  count: ({ options, targets }, answers) => {
    const counts = table(options.length, targets.length)
    for (const pairs of answers) pairs.forEach((target, option) => target !== null && add(counts, option, target))
    return counts
  },
  mark: ({ answer }, pairs) => sameness(pairs, answer ?? []),
})

/** Decimals on the edge of what is right lie beside it in binary; as `classroom.activities.types.number`. */
const EDGE = 2 ** -50

export const number = type<'number', number>({
  field: 'number',
  count: (_, numbers) => frequent(numbers),
  mark: ({ answer, tolerance }, given) => {
    const [middle, most] = [answer ?? NaN, tolerance ?? 0]
    const off = Math.abs(given - middle) - most
    return Number(off <= EDGE * Math.max(Math.abs(given), Math.abs(middle), most))
  },
})
