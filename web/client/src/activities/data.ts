/** Rows that a class collects into one table. Pure. */

import type { Activity, Question } from '../generated/protocol.ts'
import { type } from './type.ts'

export type Cell = number | string | null
export type Row = readonly Cell[]
export type Data = Extract<Question, { type: 'data' }>
export type Column = Data['table'][number]

export type Chart = NonNullable<Data['chart']>
export const CHARTS: readonly Chart[] = ['scatter', 'line', 'histogram', 'rooms']

export const MAX_ROWS = 1000
const MAX_SAMPLE = 300

/** Every so many, so that there are no more. */
export const evenly = <T>(all: readonly T[], most: number): T[] => {
  const some = Math.min(most, all.length)
  return Array.from({ length: some }, (_, n) => all[Math.floor((n * all.length) / some)] as T)
}

export const data = type<'data', Row[]>({
  field: 'rows',
  /** How many rows there are, and some of them. */
  count: (_, every) => {
    const rows = every.flat()
    return [rows.length, evenly(rows, MAX_SAMPLE)]
  },
  again: () => true,
})

export interface Given {
  /** Whose row it is; null where this viewer is not told. */
  who: string | null
  cells: Row
}

/** What this viewer has of all rows: all where the answers are here, else some. */
export function given(activity: Extract<Activity, { type: 'data' }>): Given[] {
  const all = Object.entries(activity.answers).flatMap(([who, { rows }]) =>
    (rows ?? []).map((cells): Given => ({ who, cells: cells as Row })),
  )
  const [many = 0, some = []] = (activity.tally ?? []) as [number?, Row[]?]
  return all.length >= many ? all : some.map((cells) => ({ who: null, cells }))
}

export const headOf = ({ name, unit }: Column): string => (unit ? `${name} (${unit})` : name)

export interface Series {
  x: number
  y: number
}

/** The columns with numbers. */
export const numeric = ({ table }: Pick<Data, 'table'>): number[] =>
  table.flatMap(({ words }, at) => (words ? [] : [at]))

/** Points of two columns, where a row has both; of one, by its place among the rows. */
export function points(rows: readonly Given[], x: number | null, y: number): Series[] {
  return rows.flatMap(({ cells }, place) => {
    const [one, other] = [x === null ? place + 1 : cells[x], cells[y]]
    return typeof one === 'number' && typeof other === 'number' ? [{ x: one, y: other }] : []
  })
}

/** How many are in each of so many equal stretches from the least to the most. */
export function bins(values: readonly number[], most = 10): { from: number; to: number; n: number }[] {
  if (!values.length) return []
  const [least, greatest] = [Math.min(...values), Math.max(...values)]
  const many = least === greatest ? 1 : Math.min(most, Math.max(2, Math.ceil(Math.sqrt(values.length))))
  const width = (greatest - least) / many
  const all = Array.from({ length: many }, (_, i) => ({ from: least + i * width, to: least + (i + 1) * width, n: 0 }))
  for (const value of values) {
    const bin = all[width ? Math.min(many - 1, Math.floor((value - least) / width)) : 0]
    if (bin) bin.n += 1
  }
  return all
}
