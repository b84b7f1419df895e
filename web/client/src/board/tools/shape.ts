/** Shapes from corner to corner, put straight where the hand nearly is, and begun where another one ends. */

import { placed } from '../geometry.ts'
import { placeOf, type ShapeObject } from '../objects.ts'
import { snapped, straightened } from '../shapes.ts'
import { added } from '../steps.ts'
import { PAGE, type Place } from '../view.ts'
import { reachOf, type Desk, type Hold, type Spot, type Tool } from './desk.ts'

/** What is smaller than this on the screen was a touch, not a shape. */
const LEAST_PX = 8

const within = ({ x, y }: Place): [number, number] => [
  Math.round(Math.min(PAGE.width, Math.max(0, x)) * 10) / 10,
  Math.round(Math.min(PAGE.height, Math.max(0, y)) * 10) / 10,
]

export class Shape implements Tool {
  private drawn: ShapeObject | null = null
  private from: Place = { x: 0, y: 0 }
  private ends: Place[] = []

  private readonly desk: Desk

  constructor(desk: Desk) {
    this.desk = desk
  }

  down(spot: Spot, how: Hold): void {
    const { desk } = this
    this.ends = desk.objects.flatMap((one) =>
      one.type === 'shape' && (one.shape === 'line' || one.shape === 'arrow')
        ? [one.from, one.to].map(([x, y]) => placed(placeOf(one), { x: x as number, y: y as number }))
        : [],
    )
    this.from = snapped(spot, this.ends, 2 * reachOf(desk, how))
    const from = within(this.from)
    this.drawn = { object: desk.id(), type: 'shape', shape: desk.shape, ...desk.pen, from, to: from }
  }

  move(spots: readonly Spot[], _: readonly Spot[] | null, how: Hold): void {
    const spot = spots[spots.length - 1]
    if (!this.drawn || !spot) return
    const { shape } = this.drawn
    const caught = snapped(spot, this.ends, 2 * reachOf(this.desk, how))
    const to = caught === spot ? straightened(shape, this.from, spot, how.straight) : caught
    this.drawn = { ...this.drawn, to: within(to) }
    this.desk.wet([this.drawn])
  }

  up(): void {
    const { desk, drawn } = this
    this.cancel()
    if (!drawn) return
    const [x, y] = drawn.from as [number, number]
    const [tx, ty] = drawn.to as [number, number]
    if (Math.hypot(tx - x, ty - y) >= LEAST_PX * desk.unit) desk.do(added(desk.page, [drawn]))
  }

  cancel(): void {
    this.drawn = null
    this.desk.wet([])
  }
}
