/** A page as SVG: ink stays ink, and may be opened in any drawing program. Pure: what measures and pictures is given. */

import { placeOf, type BoardObject, type ImageObject, type WordsObject } from '../objects.ts'
import { rules } from '../papers.ts'
import { PAGE } from '../view.ts'
import { FONT, LEADING, NOTE_PADDING } from '../words.ts'
import { shapePath, shapeWidth, strokePath } from './outlines.ts'

export interface Sheet {
  paper: { kind: string; courseware?: string; slide?: number }
  objects: readonly BoardObject[]
}

export interface Means {
  /** The lines that words are broken into. */
  lines: (words: WordsObject) => readonly string[]
  /** A slide's picture as an address that stands in the file itself; null: there is none. */
  picture: (courseware: string, slide: number) => string | null
}

/** The board is paper, and a file has no theme. */
export const PAPER_COLOR = '#fffdf8'

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] as string)

const tag = (name: string, attributes: Record<string, string | number>, within?: string): string => {
  const told = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return `<${name}${told.join('')}${within === undefined ? '/>' : `>${within}</${name}>`}`
}

export function svgOf({ paper, objects }: Sheet, means: Means): string {
  const slide = paper.courseware === undefined ? null : means.picture(paper.courseware, paper.slide ?? 1)
  const whole = { x: 0, y: 0, width: PAGE.width, height: PAGE.height }
  const ground = slide === null ? printed(paper.kind) : [tag('image', { ...whole, href: slide })]
  const drawn = objects.map((one) => drawnAs(one, means))
  const parts = [tag('rect', { ...whole, fill: PAPER_COLOR }), ...ground, ...drawn]
  const frame = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${PAGE.width} ${PAGE.height}` }
  return `${tag('svg', frame, `\n${parts.join('\n')}\n`)}\n`
}

const printed = (kind: string): string[] =>
  rules(kind).map(({ from: [x1, y1], to: [x2, y2], weight, color, dashed }) =>
    tag('line', {
      ...{ x1, y1, x2, y2, stroke: color, 'stroke-width': weight },
      ...(dashed && { 'stroke-dasharray': '10 8' }),
    }),
  )

function drawnAs(one: BoardObject, means: Means): string {
  switch (one.type) {
    case 'stroke': {
      const blend = one.tool === 'highlighter' ? 'multiply' : 'normal'
      return tag('path', { d: strokePath(one), fill: one.color, style: `mix-blend-mode: ${blend}` })
    }
    case 'shape':
      return tag('path', {
        ...{ d: shapePath(one), fill: one.fill ?? 'none', stroke: one.color, 'stroke-width': shapeWidth(one) },
        ...{ 'stroke-linecap': 'round', 'stroke-linejoin': 'round' },
      })
    case 'image':
      return image(one, means)
    default:
      return words(one, means)
  }
}

const moved = (one: BoardObject): string => {
  const [sx, sy, dx, dy] = placeOf(one)
  return `matrix(${sx} 0 0 ${sy} ${dx} ${dy})`
}

function image(one: ImageObject, { picture }: Means): string {
  const [x, y, width, height] = one.box as [number, number, number, number]
  const href = picture(one.courseware, one.slide)
  return href === null ? '' : tag('image', { x, y, width, height, href, transform: moved(one) })
}

function words(one: WordsObject, { lines }: Means): string {
  const [x, y, width, height] = one.box as [number, number, number, number]
  const note = one.type === 'note'
  const inset = note ? NOTE_PADDING : 0
  const text = lines(one).map((line, i) =>
    tag('text', { x: x + inset, y: y + inset + (i + 0.5) * one.size * LEADING }, escaped(line)),
  )
  const ground = note ? [tag('rect', { x, y, width, height, fill: one.color })] : []
  const letters = {
    ...{ fill: note ? '#1e2430' : one.color, 'font-size': one.size, 'font-family': FONT },
    ...{ 'dominant-baseline': 'central', transform: moved(one) },
  }
  return tag('g', letters, [...ground, ...text].join(''))
}
