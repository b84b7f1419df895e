/** Where things on a page are, in board units. Pure. */

import type { Place } from './view.ts'

/** Scale, then shift: [sx, sy, dx, dy]. */
export type Placing = readonly [number, number, number, number]

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

export const UNPLACED: Placing = [1, 1, 0, 0]
/** Numbers of a stroke's point: x, y, pressure, milliseconds. */
export const NUMBERS = 4

export const placed = ([sx, sy, dx, dy]: Placing, { x, y }: Place): Place => ({ x: x * sx + dx, y: y * sy + dy })

export const unplaced = ([sx, sy, dx, dy]: Placing, { x, y }: Place): Place => ({ x: (x - dx) / sx, y: (y - dy) / sy })

/** First `inner`, then `outer`, as one. */
export const after = (inner: Placing, outer: Placing): Placing => [
  inner[0] * outer[0],
  inner[1] * outer[1],
  inner[2] * outer[0] + outer[2],
  inner[3] * outer[1] + outer[3],
]

export const shifted = (dx: number, dy: number): Placing => [1, 1, dx, dy]

/** Larger by `factor`, while `about` stays where it is. */
export const scaled = (factor: number, about: Place): Placing => [
  factor,
  factor,
  about.x * (1 - factor),
  about.y * (1 - factor),
]

export const box = (a: Place, b: Place): Box => ({
  left: Math.min(a.x, b.x),
  top: Math.min(a.y, b.y),
  right: Math.max(a.x, b.x),
  bottom: Math.max(a.y, b.y),
})

export const placedBox = (place: Placing, { left, top, right, bottom }: Box): Box =>
  box(placed(place, { x: left, y: top }), placed(place, { x: right, y: bottom }))

export const grown = ({ left, top, right, bottom }: Box, by: number): Box => ({
  left: left - by,
  top: top - by,
  right: right + by,
  bottom: bottom + by,
})

export const union = (boxes: readonly Box[]): Box | null =>
  boxes.length
    ? {
        left: Math.min(...boxes.map(({ left }) => left)),
        top: Math.min(...boxes.map(({ top }) => top)),
        right: Math.max(...boxes.map(({ right }) => right)),
        bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
      }
    : null

export const meet = (a: Box, b: Box): boolean =>
  a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom

export const holds = ({ left, top, right, bottom }: Box, { x, y }: Place): boolean =>
  left <= x && x <= right && top <= y && y <= bottom

/** The square of the distance from a place to the line between two others. */
export function squareFrom(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const length = (bx - ax) ** 2 + (by - ay) ** 2
  const along = length ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0
  return (ax + along * (bx - ax) - x) ** 2 + (ay + along * (by - ay) - y) ** 2
}

export function boxOfPoints(points: readonly number[]): Box {
  const found = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (let i = 0; i + NUMBERS <= points.length; i += NUMBERS) {
    const x = points[i] as number
    const y = points[i + 1] as number
    if (x < found.left) found.left = x
    if (x > found.right) found.right = x
    if (y < found.top) found.top = y
    if (y > found.bottom) found.bottom = y
  }
  return found
}

/** Whether a stroke's line comes within `reach` of a place. */
export function passes(points: readonly number[], { x, y }: Place, reach: number): boolean {
  const near = reach ** 2
  for (let i = 0; i + NUMBERS <= points.length; i += NUMBERS) {
    const ax = points[i] as number
    const ay = points[i + 1] as number
    if (squareFrom(x, y, ax, ay, points[i + NUMBERS] ?? ax, points[i + NUMBERS + 1] ?? ay) < near) return true
  }
  return false
}
