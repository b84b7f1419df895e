/** What is printed on a page before anyone writes, as lines in board units: crisp at any zoom. Pure but for `drawPaper`. */

import { PAGE } from './view.ts'

export const PAPERS = ['blank', 'lined', 'grid', 'tianzige', 'mizige', 'four_line', 'staff'] as const
export type PaperKind = (typeof PAPERS)[number]

export interface Rule {
  from: readonly [number, number]
  to: readonly [number, number]
  weight: number
  color: string
  dashed?: boolean
}

const PALE = '#c3ccd6'
/** Boxes for characters are red in every exercise book. */
const RED = '#d99a90'
const DARK = '#5b6472'

const across = (y: number, left: number, right: number, weight: number, color: string): Rule => ({
  from: [left, y],
  to: [right, y],
  weight,
  color,
})

const steps = (from: number, to: number, by: number): number[] =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by)

function lined(): Rule[] {
  return steps(120, 840, 80).map((y) => across(y, 0, PAGE.width, 2, PALE))
}

function grid(): Rule[] {
  const upright = steps(50, PAGE.width - 50, 50).map((x): Rule => ({
    ...across(0, x, x, 1.5, PALE),
    to: [x, PAGE.height],
  }))
  return [...upright, ...steps(50, PAGE.height - 50, 50).map((y) => across(y, 0, PAGE.width, 1.5, PALE))]
}

/** Boxes of 200 units, seven in a row and four rows; in each a cross, and for 米 the diagonals too. */
function boxes(diagonals: boolean): Rule[] {
  const side = 200
  const [left, top, right, bottom] = [100, 50, 1500, 850]
  const rules: Rule[] = []
  const line = (x: number, y: number, tx: number, ty: number, dashed: boolean) =>
    rules.push({ from: [x, y], to: [tx, ty], weight: dashed ? 1.5 : 3, color: RED, ...(dashed && { dashed }) })
  for (const x of steps(left, right - side, side)) {
    for (const y of steps(top, bottom - side, side)) {
      line(x + side / 2, y, x + side / 2, y + side, true)
      line(x, y + side / 2, x + side, y + side / 2, true)
      if (diagonals) {
        line(x, y, x + side, y + side, true)
        line(x + side, y, x, y + side, true)
      }
    }
  }
  for (const x of steps(left, right, side)) line(x, top, x, bottom, false)
  for (const y of steps(top, bottom, side)) line(left, y, right, y, false)
  return rules
}

/** Four lines and three spaces for pinyin and English; letters stand on the third. */
function fourLine(): Rule[] {
  return steps(90, 690, 200).flatMap((top) =>
    [0, 1, 2, 3].map((n) => across(top + n * 40, 60, 1540, n === 2 ? 3 : 1.5, n === 2 ? RED : PALE)),
  )
}

function staff(): Rule[] {
  return steps(90, 720, 210).flatMap((top) => [
    ...[0, 1, 2, 3, 4].map((n) => across(top + n * 24, 60, 1540, 2, DARK)),
    ...[60, 1540].map((x): Rule => ({ from: [x, top], to: [x, top + 96], weight: 2, color: DARK })),
  ])
}

const RULES: Record<PaperKind, () => Rule[]> = {
  blank: () => [],
  lined,
  grid,
  tianzige: () => boxes(false),
  mizige: () => boxes(true),
  four_line: fourLine,
  staff,
}

/** The lines of a paper; a kind that this version does not know is blank. */
export const rules = (kind: string): Rule[] => RULES[kind as PaperKind]?.() ?? []

/** `pixel`: the size of a device's pixel in board units. No line is thinner, or it would come and go. */
export function drawPaper(context: CanvasRenderingContext2D, kind: string, pixel: number): void {
  for (const { from, to, weight, color, dashed } of rules(kind)) {
    context.beginPath()
    context.setLineDash(dashed ? [10, 8] : [])
    context.lineWidth = Math.max(weight, pixel)
    context.strokeStyle = color
    context.moveTo(...from)
    context.lineTo(...to)
    context.stroke()
  }
  context.setLineDash([])
}
