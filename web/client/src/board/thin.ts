/** Finished strokes without the points that say nothing. Pure. */

import { NUMBERS, squareFrom } from './geometry.ts'
import { EVEN, type Line } from './ink.ts'

/** Board units. So little nobody sees a line move. */
const UNSEEN = 0.35
/** What is thicker or thinner by less than this much pressure looks the same. */
const UNFELT = 0.05
/** Board units. Lines are smoothed as they are drawn, from point to point: these may not be too far apart for that. */
const APART = 6

/**
 * The points (flat) of a finished stroke but those without which it is drawn as it was, within a hair
 * (Ramer–Douglas–Peucker). What stays, stays as it was. A line without pressure is as thick as its points are near to
 * each other, and keeps them.
 */
export function thinned({ tool, points }: Line): readonly number[] {
  const last = Math.floor(points.length / NUMBERS) - 1
  const even = points.every((number, i) => i % NUMBERS !== 2 || number === EVEN)
  if (last < 2 || (even && tool === 'pen')) return points
  const kept = new Set([0, last])
  const open: [number, number][] = [[0, last]]
  for (let span = open.pop(); span; span = open.pop()) {
    const at = split(points, ...span)
    if (at === null) continue
    kept.add(at)
    open.push([span[0], at], [at, span[1]])
  }
  return points.filter((_, i) => kept.has(Math.floor(i / NUMBERS)))
}

/** The point that lies furthest beside what is between two others; null: none matters. */
function split(points: readonly number[], from: number, to: number): number | null {
  const [a, b] = [from * NUMBERS, to * NUMBERS]
  const [ax, ay, ap] = points.slice(a, a + 3) as [number, number, number]
  const [bx, by, bp] = points.slice(b, b + 3) as [number, number, number]
  let [furthest, most] = [from, 1]
  for (let i = from + 1; i < to; i++) {
    const [x, y, pressure] = points.slice(i * NUMBERS, i * NUMBERS + 3) as [number, number, number]
    const beside = squareFrom(x, y, ax, ay, bx, by) / UNSEEN ** 2
    const share = (i - from) / (to - from)
    const harder = ((pressure - ap - (bp - ap) * share) / UNFELT) ** 2
    if (beside + harder > most) [furthest, most] = [i, beside + harder]
  }
  if (furthest !== from) return furthest
  return to - from > 1 && Math.hypot(bx - ax, by - ay) > APART ? (from + to) >> 1 : null
}
