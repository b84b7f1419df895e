/** A stroke's points (flat: x, y, pressure, milliseconds after it was begun) as an outline to fill. */

import { getStroke } from 'perfect-freehand'
import { NUMBERS } from './geometry.ts'

export const MOST_POINTS = 2000

/** What takes an outline: a canvas, or the text of an SVG path. */
export interface Way {
  moveTo(x: number, y: number): void
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void
  closePath(): void
}

/** The pressure of what feels none. */
export const EVEN = 0.5

export interface Line {
  tool: 'pen' | 'highlighter'
  width: number
  points: readonly number[]
}

/** Colours by name, for those who cannot tell them apart by eye. */
export const COLORS = [
  { value: '#1e2430', name: 'color.ink' },
  { value: '#0b57c2', name: 'color.blue' },
  { value: '#c2311b', name: 'color.red' },
  { value: '#2e7d4f', name: 'color.green' },
  { value: '#8a4fa3', name: 'color.purple' },
  { value: '#b87a00', name: 'color.amber' },
] as const

/** Pale, for ink shows through them: they are multiplied with what is there. */
export const MARKERS = [
  { value: '#ffe45c', name: 'color.yellow' },
  { value: '#b9ee9f', name: 'color.green' },
  { value: '#a9dcff', name: 'color.blue' },
  { value: '#ffb9d6', name: 'color.pink' },
] as const

export const WIDTHS = [8, 14, 26] as const

/** `least`: places of the outline that are nearer to each other, in board units, cannot be told apart. */
export function trace(way: Way, { tool, width, points }: Line, least: number): void {
  const input: [number, number, number][] = []
  let even = true
  for (let i = 0; i + NUMBERS <= points.length; i += NUMBERS) {
    const pressure = points[i + 2] as number
    if (pressure !== EVEN) even = false
    input.push([points[i] as number, points[i + 1] as number, pressure])
  }
  const marker = tool === 'highlighter'
  const outline = getStroke(input, {
    size: width,
    thinning: marker ? 0 : 0.35,
    smoothing: 0.5,
    streamline: 0.4,
    simulatePressure: even && !marker,
    last: true,
  }) as [number, number][]
  const first = outline[0]
  if (!first) return
  way.moveTo(first[0], first[1])
  let [x, y] = first
  for (let i = 1; i < outline.length; i++) {
    const [nx, ny] = outline[i] as [number, number]
    if (Math.abs(nx - x) < least && Math.abs(ny - y) < least) continue
    way.quadraticCurveTo(x, y, (x + nx) / 2, (y + ny) / 2)
    x = nx
    y = ny
  }
  way.quadraticCurveTo(x, y, (x + first[0]) / 2, (y + first[1]) / 2)
  way.closePath()
}

/** The part of a stroke that was drawn `after` milliseconds after it was begun. */
export function until(points: readonly number[], after: number): readonly number[] {
  let end = 0
  while (end + NUMBERS <= points.length && (points[end + 3] as number) <= after) end += NUMBERS
  return end === points.length ? points : points.slice(0, end)
}
