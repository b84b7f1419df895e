/** Tables as files of a watch or a spreadsheet, strictly read, and written so that no cell is a formula. Pure. */

import type { Cell, Column, Data, Row } from './data.ts'
import { headIn, isOtherUnit, named, type Head } from './heads.ts'
import { numberOf } from './numbers.ts'

/** Bytes of a file that is read. */
export const MAX_FILE = 1_000_000

export type Fault = 'cells' | 'number' | 'least' | 'most' | 'long' | 'empty' | 'column' | 'unit'

export interface Wrong {
  line: number
  fault: Fault
  column: string
  cell: string
}

export interface Read {
  rows: Row[]
  wrong: Wrong[]
}

const MAX_WORDS = 100

/** RFC 4180: cells between quotes hold separators, line ends and doubled quotes. The first `most` that are not empty; null: a
 *  quote is left open. */
export function cellsOf(text: string, separator: string, most = Infinity): { line: number; cells: string[] }[] | null {
  const rows: { line: number; cells: string[] }[] = []
  let [cells, cell, blank, quoted, line, begun] = [[] as string[], '', true, false, 1, 1]
  const add = (one: string): void => {
    cell += one
    blank = blank && !one.trim()
  }
  const part = (): void => {
    cells.push(cell.trim())
    ;[cell, blank] = ['', true]
  }
  const end = (): void => {
    part()
    if (cells.some(Boolean)) rows.push({ line: begun, cells })
    cells = []
  }
  for (let i = 0; i < text.length && rows.length < most; i++) {
    const one = text[i] as string
    if (one === '\n') line++
    if (quoted) {
      if (one !== '"') add(one)
      else if (text[i + 1] === '"') add(text[++i] as string)
      else quoted = false
    } else if (one === '"' && blank) [quoted, cell] = [true, '']
    else if (one === separator) part()
    else if (one === '\n') {
      end()
      begun = line
    } else if (one !== '\r') add(one)
  }
  if (quoted) return null
  end()
  return rows
}

const SEPARATORS = [',', '，', ';', '\t']
/** Lines in which there may be a head: watches write first who ran, and when. */
const LOOKED = 20

/** What parts the cells: whichever makes a head that names most columns, has most cells, and goes beyond in no line; without
 *  any, whichever is most often in the first line. */
function parted(text: string, table: readonly Column[]): { separator: string; head: Head | null } {
  const first = text.trimStart().split('\n', 1)[0] ?? ''
  const found = SEPARATORS.map((separator) => {
    const rows = (cellsOf(text, separator, LOOKED) ?? []).map(({ cells }) => cells)
    const head = headIn(rows, table)
    const names = head ? (rows[head.at] ?? []) : first.split(separator)
    const width = head ? widthOf(names) : Infinity
    const fits = rows.slice((head?.at ?? 0) + 1).every((cells) => widthOf(cells) <= width)
    return { separator, head, rank: [head ? named(head) : 0, names.length, Number(fits)] }
  })
  const more = (one: number[], best: number[]): number => one.map((n, at) => n - (best[at] ?? 0)).find(Boolean) ?? 0
  return found.reduce((best, one) => (more(one.rank, best.rank) > 0 ? one : best))
}

/** Up to the last cell that is not empty. A line with a cell where its head has none is parted otherwise. */
const widthOf = (cells: readonly string[]): number => cells.reduce((most, cell, at) => (cell ? at + 1 : most), 0)

/** Whether a comma in it can be nothing but a point. */
function isPointed(text: string): boolean {
  const number = /[,，]/.test(text) ? numeral(text, true) : null
  return number !== null && number === numeral(text, false)
}

/** A number, or a time of day or of a run, as watches write it, which is its seconds; `comma` as in `numberOf`. null: it
 *  is none. */
export function numeral(text: string, comma: boolean): number | null {
  const time = /^(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d(?:[.,]\d+)?)$/.exec(text)
  if (time) return Number(time[1] ?? 0) * 3600 + Number(time[2]) * 60 + Number(time[3]?.replace(',', '.'))
  return numberOf(text, comma)
}

/** A cell as it is sent, or what is wrong with it; `comma` as in `numberOf`. */
export function cellOf(column: Column, text: string, comma = false): { cell: Cell } | { fault: Fault } {
  if (!text) return { cell: null }
  if (column.words) return Array.from(text).length > MAX_WORDS ? { fault: 'long' } : { cell: text }
  const number = numeral(text, comma)
  if (number === null) return { fault: 'number' }
  if (column.least != null && number < column.least) return { fault: 'least' }
  if (column.most != null && number > column.most) return { fault: 'most' }
  return { cell: number }
}

/** The rows of a file for this table. One of its first lines may name the columns, in any order and among others, and then no
 *  line goes beyond it; where none does, there are as many as the table has. A line that is wrong is none, and is said; so is
 *  a column that is not there. */
export function read(text: string, { table }: Pick<Data, 'table'>): Read {
  const clean = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  const { separator, head } = parted(clean, table)
  const lines = cellsOf(clean, separator)
  if (!lines) return { rows: [], wrong: [{ line: 1, fault: 'cells', column: '', cell: '"' }] }
  const names = head && lines[head.at]
  const places = head?.places ?? table.map((_, at) => at)
  const [rows, wrong]: [Row[], Wrong[]] = [[], []]
  if (names)
    table.forEach((column, at) => {
      const cell = names.cells[places[at] ?? -1]
      const said = { line: names.line, column: column.name, cell: cell ?? '' }
      if (cell === undefined) wrong.push({ ...said, fault: 'column' })
      else if (isOtherUnit(column, cell)) wrong.push({ ...said, fault: 'unit' })
    })
  const width = names ? widthOf(names.cells) : 0
  const body = head ? lines.slice(head.at + 1) : lines
  // Such cells tell how the file writes numbers; a tab tells nothing.
  const has = ({ cells }: { cells: string[] }): boolean =>
    table.some(({ words }, at) => !words && isPointed(cells[places[at] ?? -1] ?? ''))
  const comma = separator === ';' || (separator !== ',' && body.some(has))
  for (const { line, cells } of body) {
    if (names ? widthOf(cells) > width : cells.length !== table.length) {
      wrong.push({ line, fault: 'cells', column: '', cell: String(cells.length) })
      continue
    }
    const got = table.map((column, at) => ({ column, text: cells[places[at] ?? -1] ?? '' }))
    const read = got.map(({ column, text }) => cellOf(column, text, comma))
    const bad = read.findIndex((one) => 'fault' in one)
    const [fault, of] = [read[bad], got[bad]]
    if (fault && 'fault' in fault && of) wrong.push({ line, fault: fault.fault, column: of.column.name, cell: of.text })
    else {
      const row = read.map((one) => ('cell' in one ? one.cell : null))
      if (row.some((cell) => cell !== null)) rows.push(row)
      else wrong.push({ line, fault: 'empty', column: '', cell: '' })
    }
  }
  return { rows, wrong }
}

/** What a spreadsheet would take for a formula; as `classroom.spreadsheet`. */
const FORMULA = /^[=+\-@\t\r]/

/** A table as CSV that spreadsheets open as UTF-8. A word that begins as a formula does is a word all the same. */
export function written(head: readonly string[], rows: readonly Row[]): string {
  const cell = (value: Cell): string => {
    if (typeof value !== 'string') return value === null ? '' : String(value)
    const safe = FORMULA.test(value) ? `'${value}` : value
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
  }
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}
