/** Areas of a picture as they are drawn, by a pointer or by keys. Pure. */

import type { Area, Spot } from './spot.ts'

export type Shape = Area['shape']
export const SHAPES = [
  { name: 'circle', icon: 'ellipse' },
  { name: 'rect', icon: 'rectangle' },
  { name: 'polygon', icon: 'triangle' },
] as const

/** The corners so far; of a circle and a rectangle where it was begun and where it is now. */
export type Drawing = readonly Spot[]
export const BEGUN: Drawing = []

const MOST_CORNERS = 20
/** Less than this is a slip, and closes a polygon at its first corner. */
const NEAR = 0.03
const SMALLEST = 0.01

interface Step {
  drawing: Drawing
  area?: Area
}

const near = (one: Spot, other: Spot): boolean => Math.hypot(one[0] - other[0], one[1] - other[1]) < NEAR
const round = (n: number): number => Math.round(n * 1e4) / 1e4

function whole(drawing: Drawing, shape: Shape, aspect: number): Area | null {
  const [from, to] = [drawing[0], drawing[drawing.length - 1]]
  if (!from || !to) return null
  if (shape === 'polygon') return drawing.length < 3 ? null : { shape, points: [...drawing] }
  const [width, height] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])]
  if (shape === 'circle') {
    const radius = round(Math.min(1, Math.hypot(width, height * aspect)))
    return radius < SMALLEST ? null : { shape, at: from, radius }
  }
  if (Math.min(width, height) < SMALLEST) return null
  return {
    shape,
    at: [Math.min(from[0], to[0]), Math.min(from[1], to[1])],
    size: [round(width), round(height)],
  }
}

function corner(drawing: Drawing, at: Spot, aspect: number): Step {
  const first = drawing[0]
  const closes = first && drawing.length >= 3 && (near(first, at) || drawing.length === MOST_CORNERS)
  const area = closes ? whole(drawing, 'polygon', aspect) : null
  return area ? { drawing: BEGUN, area } : { drawing: [...drawing, at] }
}

export const AreaDrawing = {
  down: (drawing: Drawing, at: Spot, shape: Shape, aspect: number): Step =>
    shape === 'polygon' ? corner(drawing, at, aspect) : { drawing: [at, at] },

  /** Of a polygon nothing is drawn along. */
  move: (drawing: Drawing, at: Spot): Step =>
    drawing.length === 2 ? { drawing: [drawing[0] as Spot, at] } : { drawing },

  up(drawing: Drawing, at: Spot, shape: Shape, aspect: number): Step {
    if (shape === 'polygon' || !drawing[0]) return { drawing }
    const area = whole([drawing[0], at], shape, aspect)
    return area ? { drawing: BEGUN, area } : { drawing: BEGUN }
  },

  /** By a key: the first begins, the second ends; of a polygon each is a corner, and the first corner again ends it. */
  press(drawing: Drawing, at: Spot, shape: Shape, aspect: number): Step {
    if (shape === 'polygon') return corner(drawing, at, aspect)
    return drawing.length ? AreaDrawing.up(drawing, at, shape, aspect) : { drawing: [at, at] }
  },

  /** What is seen of it meanwhile. */
  preview: (drawing: Drawing, shape: Shape, aspect: number): Area | null =>
    shape === 'polygon' && drawing.length
      ? { shape, points: drawing.length < 3 ? [...drawing, drawing[0] as Spot, drawing[0] as Spot] : [...drawing] }
      : whole(drawing, shape, aspect),
}
