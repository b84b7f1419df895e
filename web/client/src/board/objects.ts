/** What lies on a page: its types, where each thing is, and whether a place is on it. Pure. */

import {
  boxOfPoints,
  grown,
  holds,
  meet,
  passes,
  placedBox,
  UNPLACED,
  unplaced,
  type Box,
  type Placing,
} from './geometry.ts'
import { onOutline, outline, outlineBox, type ShapeKind } from './shapes.ts'
import type { Place } from './view.ts'

/** What is needed of what lies on a page to draw it, also before the server has it. */
interface Thing {
  object: string
  by?: string
  z?: number
  place?: readonly number[]
}

export interface StrokeObject extends Thing {
  type: 'stroke'
  tool: 'pen' | 'highlighter'
  color: string
  width: number
  began: number
  points: readonly number[]
}

export interface ShapeObject extends Thing {
  type: 'shape'
  shape: ShapeKind
  color: string
  width: number
  fill?: string | null
  from: readonly number[]
  to: readonly number[]
}

export interface WordsObject extends Thing {
  type: 'text' | 'note'
  color: string
  size: number
  /** x, y, width, height */
  box: readonly number[]
  text?: string
}

export interface ImageObject extends Thing {
  type: 'image'
  courseware: string
  slide: number
  box: readonly number[]
}

export type BoardObject = StrokeObject | ShapeObject | WordsObject | ImageObject

const boxOf = ([x, y, width, height]: readonly number[]): Box => ({
  left: x as number,
  top: y as number,
  right: (x as number) + (width as number),
  bottom: (y as number) + (height as number),
})

function unplacedBounds(one: BoardObject): Box {
  switch (one.type) {
    case 'stroke':
      return grown(boxOfPoints(one.points), one.width)
    case 'shape':
      // The head of an arrow is wider than its line.
      return grown(outlineBox(one.from, one.to), 12 + one.width * 2)
    default:
      return grown(boxOf(one.box), 6)
  }
}

/** How an object is scaled and moved. */
export const placeOf = ({ place }: Thing): Placing => (place as Placing | undefined) ?? UNPLACED

const known = new WeakMap<BoardObject, Box>()

/** The part of the page that an object covers, with what its edges blur into. */
export function bounds(one: BoardObject): Box {
  let found = known.get(one)
  if (!found) known.set(one, (found = placedBox(placeOf(one), unplacedBounds(one))))
  return found
}

/** Whether a hand at `at` that reaches `reach` units far touches an object. */
export function touches(one: BoardObject, at: Place, reach: number): boolean {
  if (!holds(grown(bounds(one), reach), at)) return false
  const place = placeOf(one)
  const inner = unplaced(place, at)
  const far = reach / Math.min(Math.abs(place[0]), Math.abs(place[1]))
  switch (one.type) {
    case 'stroke':
      return passes(one.points, inner, far + one.width / 2)
    case 'shape': {
      const drawn = outline(one.shape, one.from, one.to, one.width)
      return onOutline(drawn, inner, far + one.width / 2, Boolean(one.fill))
    }
    default:
      return holds(grown(boxOf(one.box), far), inner)
  }
}

/** What a hand touches, the uppermost first. */
export const touched = (objects: readonly BoardObject[], at: Place, reach: number): BoardObject[] =>
  objects.filter((one) => touches(one, at, reach)).reverse()

/** What lies in a box that was drawn around it: objects of which more than half is in it, and all that is small. */
export function enclosed(objects: readonly BoardObject[], { left, top, right, bottom }: Box): BoardObject[] {
  return objects.filter((one) => {
    const has = bounds(one)
    if (!meet(has, { left, top, right, bottom })) return false
    const inside = (from: number, to: number, low: number, high: number) =>
      (Math.min(to, high) - Math.max(from, low)) / Math.max(to - from, 1)
    return inside(has.left, has.right, left, right) > 0.5 && inside(has.top, has.bottom, top, bottom) > 0.5
  })
}
