/** What lies on a page as ways of SVG path data in the page's units. Pure. */

import { placed, type Placing } from '../geometry.ts'
import { trace, type Way } from '../ink.ts'
import { placeOf, type ShapeObject, type StrokeObject } from '../objects.ts'
import { outline } from '../shapes.ts'

/** Outlines nearer than this, in board units, cannot be told apart on paper. */
const FINE = 0.2

const number = (n: number): string => String(Math.round(n * 100) / 100)

class Path implements Way {
  private data = ''
  private readonly place: Placing

  constructor(place: Placing) {
    this.place = place
  }

  moveTo(x: number, y: number): void {
    this.data += `M${this.at(x, y)}`
  }

  lineTo(x: number, y: number): void {
    this.data += `L${this.at(x, y)}`
  }

  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void {
    this.data += `Q${this.at(cx, cy)} ${this.at(x, y)}`
  }

  /** All of an ellipse, as two halves. */
  ellipse(x: number, y: number, rx: number, ry: number): void {
    const [sx, sy] = this.place
    const radii = `${number(rx * Math.abs(sx))},${number(ry * Math.abs(sy))}`
    this.moveTo(x - rx, y)
    for (const side of [rx, -rx]) this.data += `A${radii} 0 1 0 ${this.at(x + side, y)}`
  }

  closePath(): void {
    this.data += 'Z'
  }

  toString(): string {
    return this.data
  }

  private at(x: number, y: number): string {
    const on = placed(this.place, { x, y })
    return `${number(on.x)},${number(on.y)}`
  }
}

export function strokePath(one: StrokeObject): string {
  const path = new Path(placeOf(one))
  trace(path, one, FINE)
  return String(path)
}

export function shapePath(one: ShapeObject): string {
  const path = new Path(placeOf(one))
  const { lines, ellipse } = outline(one.shape, one.from, one.to, one.width)
  if (ellipse) path.ellipse(ellipse.x, ellipse.y, ellipse.rx, ellipse.ry)
  for (const way of lines) way.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)))
  return String(path)
}

/** How wide a shape's line is when it is scaled. */
export function shapeWidth(one: ShapeObject): number {
  const [sx, sy] = placeOf(one)
  return one.width * Math.sqrt(Math.abs(sx * sy))
}
