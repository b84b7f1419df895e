/** Which line of a file names the columns of a table, and which of its cells is which. Pure. */

import { headOf, type Column } from './data.ts'
import { plain } from './type.ts'

/** `at` of the rows. `places`: for each column in which cell it stands, -1 in none. */
export interface Head {
  at: number
  places: number[]
}

/** A number, or a time. */
const FIGURE = /^[-+.,:]*\d[-+.,:\d]*$/
/** From here on a name tells its unit: Pulse (bpm), time [s], Way / m. */
const UNIT = /[([{/,].*$/

/** Times with colons are read as seconds. */
const SECONDS = /^(sec|seconds|秒|(h+:)?m+:s+([.,]\w+)?)$/

const bare = (name: string): string => name.replace(UNIT, '').trim()
const unit = (name: string): string => {
  const said = (UNIT.exec(name)?.[0] ?? '').replace(/^[/,]|[()[\]{} ]/g, '')
  return SECONDS.test(said) ? 's' : said
}

/** The first that names most, of those that name any. */
export function headIn(rows: readonly (readonly string[])[], table: readonly Column[]): Head | null {
  let best: Head | null = null
  rows.forEach((cells, at) => {
    const head = { at, places: placesOf(cells.map(plain), table) }
    if (named(head) > (best ? named(best) : 0)) best = head
  })
  return best
}

export const named = ({ places }: Head): number => places.filter((at) => at >= 0).length

/** Whether a cell of a head tells another unit than the column has; what its name has in brackets is none of the cell's. */
export function isOtherUnit(column: Column, cell: string): boolean {
  const [name, said] = [plain(column.name), plain(cell)]
  const ours = unit(column.unit ? `(${plain(column.unit)})` : name)
  const theirs = unit(said.startsWith(name) ? said.slice(name.length) : said)
  return ours !== '' && theirs !== '' && ours !== theirs
}

/** By their names, with their units or without; else by these without any units, if only one cell and one column are called
 *  so. A line with numbers that are no names is no head. */
function placesOf(cells: readonly string[], table: readonly Column[]): number[] {
  const same = table.map((column) => {
    const names = [plain(column.name), plain(headOf(column))]
    return cells.findIndex((cell) => names.includes(cell))
  })
  if (cells.some((cell, at) => FIGURE.test(cell) && !same.includes(at))) return same.map(() => -1)
  const alike = new Map<string, number[]>()
  cells.forEach((cell, at) => {
    if (!same.includes(at)) alike.set(bare(cell), [...(alike.get(bare(cell)) ?? []), at].slice(0, 2))
  })
  const names = table.map((column, of) => (same[of] === -1 ? bare(plain(column.name)) : ''))
  return table.map((_, of) => {
    const name = names[of] ?? ''
    const [at = -1, other] = alike.get(name) ?? []
    const alone = name !== '' && other === undefined && names.filter((one) => one === name).length === 1
    return alone ? at : (same[of] ?? -1)
  })
}
