/** Shapes from corner to corner: how they are drawn, when a place is on them, how a hand's corners are put straight. Pure. */

import { squareFrom, type Box } from './geometry.ts'
import type { Place } from './view.ts'

export const SHAPES = ['line', 'arrow', 'rectangle', 'ellipse', 'triangle', 'axes'] as const
export type ShapeKind = (typeof SHAPES)[number]

/** A way of straight lines and one of curves, in board units; `closed` where it can be filled. */
export interface Outline {
  lines: readonly (readonly [number, number])[][]
  ellipse?: { x: number; y: number; rx: number; ry: number }
  closed: boolean
}

const HEAD = 0.45 // radians to each side of an arrow's line

function head(from: Place, to: Place, long: number): [number, number][] {
  const angle = Math.atan2(to.y - from.y, to.x - from.x)
  const end = (turn: number): [number, number] => [
    to.x - long * Math.cos(angle + turn),
    to.y - long * Math.sin(angle + turn),
  ]
  return [end(HEAD), [to.x, to.y], end(-HEAD)]
}

export function outline(
  shape: ShapeKind,
  [x, y]: readonly number[],
  [tx, ty]: readonly number[],
  width: number,
): Outline {
  const from = { x: x as number, y: y as number }
  const to = { x: tx as number, y: ty as number }
  const way = (...places: [number, number][]) => places
  const long = Math.min(12 + width * 3, Math.hypot(to.x - from.x, to.y - from.y))
  const across = (from.x + to.x) / 2
  const down = (from.y + to.y) / 2
  switch (shape) {
    case 'line':
      return { lines: [way([from.x, from.y], [to.x, to.y])], closed: false }
    case 'arrow':
      return { lines: [way([from.x, from.y], [to.x, to.y]), head(from, to, long)], closed: false }
    case 'rectangle':
      return {
        lines: [way([from.x, from.y], [to.x, from.y], [to.x, to.y], [from.x, to.y], [from.x, from.y])],
        closed: true,
      }
    case 'triangle':
      return { lines: [way([across, from.y], [to.x, to.y], [from.x, to.y], [across, from.y])], closed: true }
    case 'ellipse':
      return {
        lines: [],
        ellipse: { x: across, y: down, rx: Math.abs(to.x - from.x) / 2, ry: Math.abs(to.y - from.y) / 2 },
        closed: true,
      }
    case 'axes': {
      const right = { x: Math.max(from.x, to.x), y: down }
      const top = { x: across, y: Math.min(from.y, to.y) }
      const start = { x: Math.min(from.x, to.x), y: down }
      const foot = { x: across, y: Math.max(from.y, to.y) }
      return {
        lines: [
          way([start.x, start.y], [right.x, right.y]),
          head(start, right, long),
          way([foot.x, foot.y], [top.x, top.y]),
          head(foot, top, long),
        ],
        closed: false,
      }
    }
  }
}

/** Whether a place is within `reach` of what is drawn of a shape, or anywhere in it where it is `filled`. */
export function onOutline({ lines, ellipse, closed }: Outline, at: Place, reach: number, filled: boolean): boolean {
  if (ellipse) {
    const { x, y, rx, ry } = ellipse
    if (!rx || !ry) return squareFrom(at.x, at.y, x - rx, y - ry, x + rx, y + ry) < reach ** 2
    const far = Math.hypot((at.x - x) / rx, (at.y - y) / ry)
    if (filled && far <= 1) return true
    return Math.abs(far - 1) * Math.min(rx, ry) < reach
  }
  for (const way of lines) {
    for (let i = 1; i < way.length; i++) {
      const [ax, ay] = way[i - 1] as [number, number]
      const [bx, by] = way[i] as [number, number]
      if (squareFrom(at.x, at.y, ax, ay, bx, by) < reach ** 2) return true
    }
  }
  return filled && closed && inside(lines[0] ?? [], at)
}

function inside(way: readonly (readonly [number, number])[], { x, y }: Place): boolean {
  let within = false
  for (let i = 1; i < way.length; i++) {
    const [ax, ay] = way[i - 1] as [number, number]
    const [bx, by] = way[i] as [number, number]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within
  }
  return within
}

const STEP = Math.PI / 12
/** A hand means the straight line, or the square, when it is this near to it. */
const NEAR = 0.06

/** The second corner as the hand means it: lines at steps of 15°, squares and circles where it nearly is one. */
export function straightened(shape: ShapeKind, from: Place, to: Place, always = false): Place {
  const dx = to.x - from.x
  const dy = to.y - from.y
  const long = Math.hypot(dx, dy)
  if (!long) return to
  if (shape === 'line' || shape === 'arrow') {
    const angle = Math.atan2(dy, dx)
    const nearest = Math.round(angle / STEP) * STEP
    // Between the upright, the level and the diagonal only who asks for it gets a step.
    const plain = Math.abs(Math.round(nearest / (Math.PI / 4)) * (Math.PI / 4) - nearest) < 1e-6
    if (!always && (!plain || Math.abs(angle - nearest) > NEAR)) return to
    return { x: from.x + long * Math.cos(nearest), y: from.y + long * Math.sin(nearest) }
  }
  const side = Math.max(Math.abs(dx), Math.abs(dy))
  if (!always && Math.abs(Math.abs(dx) - Math.abs(dy)) > side * NEAR) return to
  return { x: from.x + Math.sign(dx || 1) * side, y: from.y + Math.sign(dy || 1) * side }
}

/** Where other shapes end, a new one may begin: the nearest of these places within `reach`, or the place itself. */
export function snapped(at: Place, ends: readonly Place[], reach: number): Place {
  let best = at
  let near = reach
  for (const end of ends) {
    const far = Math.hypot(end.x - at.x, end.y - at.y)
    if (far < near) [best, near] = [end, far]
  }
  return best
}

export const outlineBox = (from: readonly number[], to: readonly number[]): Box => ({
  left: Math.min(from[0] as number, to[0] as number),
  top: Math.min(from[1] as number, to[1] as number),
  right: Math.max(from[0] as number, to[0] as number),
  bottom: Math.max(from[1] as number, to[1] as number),
})
