/** A stroke's points (flat: x, y, pressure, milliseconds after it was begun) as an outline to fill. Units: the page is 1600 × 900. */

import { getStroke } from 'perfect-freehand'

export const PAGE = { width: 1600, height: 900 }
export const MOST_POINTS = 2000
const NUMBERS = 4

export interface Ink {
  stroke: string
  color: string
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

export const WIDTHS = [8, 14, 26] as const

function path(points: readonly number[], width: number, finished: boolean): Path2D {
  const input: [number, number, number][] = []
  let even = true
  for (let i = 0; i + NUMBERS <= points.length; i += NUMBERS) {
    const pressure = points[i + 2] as number
    if (pressure !== 0.5) even = false
    input.push([points[i] as number, points[i + 1] as number, pressure])
  }
  const outline = getStroke(input, {
    size: width,
    thinning: 0.35,
    smoothing: 0.5,
    streamline: 0.4,
    simulatePressure: even,
    last: finished,
  })
  const shape = new Path2D()
  const first = outline[0]
  if (!first) return shape
  shape.moveTo(first[0] as number, first[1] as number)
  for (let i = 0; i < outline.length; i++) {
    const [x, y] = outline[i] as [number, number]
    const [nx, ny] = (outline[i + 1] ?? first) as [number, number]
    shape.quadraticCurveTo(x, y, (x + nx) / 2, (y + ny) / 2)
  }
  shape.closePath()
  return shape
}

const shapes = new WeakMap<Ink, Path2D>()

export function draw(context: CanvasRenderingContext2D, ink: Ink, finished = true): void {
  let shape = finished ? shapes.get(ink) : undefined
  if (!shape) {
    shape = path(ink.points, ink.width, finished)
    if (finished) shapes.set(ink, shape)
  }
  context.fillStyle = ink.color
  context.fill(shape)
}

/** The strokes that pass within `reach` units of a place, for the eraser. */
export function touched(inks: readonly Ink[], x: number, y: number, reach: number): Ink[] {
  return inks.filter(({ points, width }) => {
    const near = (reach + width / 2) ** 2
    for (let i = 0; i + NUMBERS <= points.length; i += NUMBERS) {
      const ax = points[i] as number
      const ay = points[i + 1] as number
      const bx = points[i + NUMBERS] ?? ax
      const by = points[i + NUMBERS + 1] ?? ay
      const length = (bx - ax) ** 2 + (by - ay) ** 2
      const along = length ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0
      if ((ax + along * (bx - ax) - x) ** 2 + (ay + along * (by - ay) - y) ** 2 < near) return true
    }
    return false
  })
}

/** The part of a stroke that was drawn `after` milliseconds after it was begun. */
export function until(points: readonly number[], after: number): readonly number[] {
  let end = 0
  while (end + NUMBERS <= points.length && (points[end + 3] as number) <= after) end += NUMBERS
  return end === points.length ? points : points.slice(0, end)
}
