/**
 * The eraser that takes away a part. A stroke's parts are ranges of its points' indexes, which may lie between two points:
 * 2.25 is a quarter of the way from the third point to the fourth. Pure.
 */

import { NUMBERS } from './geometry.ts'
import type { Place } from './view.ts'

export interface Range {
  readonly from: number
  readonly to: number
}

/** Less than this of a line is dust, not ink. */
const LEAST = 0.05

const countOf = (points: readonly number[]): number => Math.floor(points.length / NUMBERS)

/** What of a stroke lies within `reach` of a place. */
export function covered(points: readonly number[], { x, y }: Place, reach: number): Range[] {
  const found: Range[] = []
  const last = countOf(points) - 1
  if (last === 0) {
    const near = Math.hypot((points[0] as number) - x, (points[1] as number) - y) < reach
    return near ? [{ from: 0, to: 0 }] : []
  }
  for (let i = 0; i < last; i++) {
    const at = i * NUMBERS
    const ax = (points[at] as number) - x
    const ay = (points[at + 1] as number) - y
    const dx = (points[at + NUMBERS] as number) - x - ax
    const dy = (points[at + NUMBERS + 1] as number) - y - ay
    // |a + t d| = reach, solved for t
    const a = dx * dx + dy * dy
    const b = ax * dx + ay * dy
    const c = ax * ax + ay * ay - reach * reach
    if (a === 0) {
      if (c < 0) found.push({ from: i, to: i + 1 })
      continue
    }
    const root = b * b - a * c
    if (root <= 0) continue
    const from = Math.max(0, (-b - Math.sqrt(root)) / a)
    const to = Math.min(1, (-b + Math.sqrt(root)) / a)
    if (from < to) found.push({ from: i + from, to: i + to })
  }
  return joined(found)
}

/** Ranges in order, those that touch as one. */
export function joined(ranges: readonly Range[]): Range[] {
  const found: Range[] = []
  for (const one of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = found[found.length - 1]
    if (last && one.from <= last.to + 1e-9) found[found.length - 1] = { from: last.from, to: Math.max(last.to, one.to) }
    else found.push(one)
  }
  return found
}

/** What is left of a stroke when ranges of it are gone. */
export function left(points: readonly number[], gone: readonly Range[]): Range[] {
  const last = countOf(points) - 1
  const found: Range[] = []
  let at = 0
  for (const { from, to } of joined(gone)) {
    if (from - at > LEAST) found.push({ from: at, to: from })
    at = Math.max(at, to)
  }
  if (last - at > LEAST || (last === 0 && !gone.length)) found.push({ from: at, to: last })
  return found
}

/** Places along a way, close enough that circles of `reach` around them leave nothing out between. */
export function along(from: Place, to: Place, reach: number): Place[] {
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / (reach / 2)))
  return Array.from({ length: steps }, (_, i) => ({
    x: from.x + ((to.x - from.x) * (i + 1)) / steps,
    y: from.y + ((to.y - from.y) * (i + 1)) / steps,
  }))
}
