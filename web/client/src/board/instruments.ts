/** A ruler or a protractor that lies on the page, for the writer alone: where it is, and what it does to a line. Pure. */

import type { Place } from './view.ts'

export interface Instrument {
  readonly kind: 'ruler' | 'protractor'
  /** The middle of the ruler's upper edge; the protractor's centre. */
  readonly x: number
  readonly y: number
  /** Radians, clockwise as the page's axes are. */
  readonly turn: number
}

export const RULER = { long: 1000, wide: 110 }
export const PROTRACTOR = { radius: 320 }
/** So near to the edge a pen means the edge. */
const CATCH = 36
const FULL = Math.PI * 2

/** A place as the instrument sees it: along its edge and below it. */
export function inside({ x, y, turn }: Instrument, at: Place): Place {
  const [dx, dy] = [at.x - x, at.y - y]
  return { x: dx * Math.cos(turn) + dy * Math.sin(turn), y: -dx * Math.sin(turn) + dy * Math.cos(turn) }
}

export function outside({ x, y, turn }: Instrument, at: Place): Place {
  return { x: x + at.x * Math.cos(turn) - at.y * Math.sin(turn), y: y + at.x * Math.sin(turn) + at.y * Math.cos(turn) }
}

export function holdsPlace(one: Instrument, at: Place): boolean {
  const { x, y } = inside(one, at)
  if (one.kind === 'ruler') return Math.abs(x) <= RULER.long / 2 && y >= 0 && y <= RULER.wide
  return y <= 0 && Math.hypot(x, y) <= PROTRACTOR.radius
}

/** The edge that a line begun at `at` follows: 'none', the ruler's two, the protractor's straight one or its bow. */
export type Edge = 'none' | 'upper' | 'lower' | 'bow'

export function edgeAt(one: Instrument, at: Place): Edge {
  const { x, y } = inside(one, at)
  if (one.kind === 'ruler') {
    if (Math.abs(x) > RULER.long / 2 + CATCH) return 'none'
    if (Math.abs(y) < CATCH) return 'upper'
    return Math.abs(y - RULER.wide) < CATCH ? 'lower' : 'none'
  }
  if (Math.abs(y) < CATCH && Math.abs(x) < PROTRACTOR.radius + CATCH) return 'upper'
  return y < 0 && Math.abs(Math.hypot(x, y) - PROTRACTOR.radius) < CATCH ? 'bow' : 'none'
}

/** A place on that edge, nearest to where the hand is. */
export function onEdge(one: Instrument, edge: Edge, at: Place): Place {
  if (edge === 'none') return at
  const { x, y } = inside(one, at)
  if (edge === 'bow') {
    const far = Math.hypot(x, y) || 1
    return outside(one, { x: (x / far) * PROTRACTOR.radius, y: (y / far) * PROTRACTOR.radius })
  }
  const half = one.kind === 'ruler' ? RULER.long / 2 : PROTRACTOR.radius
  return outside(one, { x: Math.min(half, Math.max(-half, x)), y: edge === 'lower' ? RULER.wide : 0 })
}

/** Turned so that it points where the hand holds it, and straight where it nearly is. */
export function turned(one: Instrument, from: Place, to: Place): Instrument {
  const was = Math.atan2(from.y - one.y, from.x - one.x)
  const is = Math.atan2(to.y - one.y, to.x - one.x)
  const turn = (((one.turn + is - was) % FULL) + FULL) % FULL
  const step = Math.PI / 4
  const nearest = Math.round(turn / step) * step
  return { ...one, turn: Math.abs(turn - nearest) < 0.03 ? nearest % FULL : turn }
}

/** Degrees as a person reads them, 0 to 359. */
export const degrees = ({ turn }: Instrument): number => Math.round((360 - (turn * 180) / Math.PI) % 360) % 360
