/** Pen and highlighter: from where the hand is to a stroke, decimated and timed, told on in deltas while it grows; thinned once it is finished. */

import { edgeAt, onEdge, type Edge } from '../instruments.ts'
import { MOST_POINTS } from '../ink.ts'
import type { StrokeObject } from '../objects.ts'
import { added } from '../steps.ts'
import { thinned } from '../thin.ts'
import { PAGE } from '../view.ts'
import type { Desk, Spot, Tool } from './desk.ts'

/** Board units. Nearer than this two points are one. */
const NEAREST = 1.5
/** The server takes so many numbers of growing ink in one signal. */
const INK_NUMBERS = 400

const tenth = (n: number) => Math.round(n * 10) / 10
const within = (n: number, most: number) => tenth(Math.min(most, Math.max(0, n)))

export class Pen implements Tool {
  private stroke: (StrokeObject & { points: number[] }) | null = null
  private page = ''
  private edge: Edge = 'none'
  private begun = 0
  private told = 0
  private toldAt = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  private readonly desk: Desk
  private readonly tool: 'pen' | 'highlighter'

  constructor(desk: Desk, tool: 'pen' | 'highlighter') {
    this.desk = desk
    this.tool = tool
  }

  down(spot: Spot): void {
    const { instrument } = this.desk
    this.edge = instrument ? edgeAt(instrument, spot) : 'none'
    this.begin(spot)
  }

  move(spots: readonly Spot[], ahead: readonly Spot[] | null): void {
    for (const spot of spots) {
      if (!this.stroke) return
      this.add(this.stroke.points, spot)
      if (this.stroke.points.length >= (MOST_POINTS - 1) * 4) {
        this.finish()
        this.begin(spot)
      }
    }
    if (ahead) this.show(ahead)
    const early_ms = this.toldAt + this.desk.tellMs - performance.now()
    if (early_ms <= 0) this.tell()
    else this.timer ??= setTimeout(() => this.tell(), early_ms)
  }

  up(): void {
    this.finish()
    this.desk.wet([])
  }

  cancel(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.stroke && this.told) {
      const { object: stroke, color, width } = this.stroke
      // Who has seen it begin is told that nothing comes of it.
      this.desk.signal('ink', { stroke, page: this.page, tool: this.tool, color, width, points: [] })
    }
    this.stroke = null
    this.desk.wet([])
  }

  private begin(spot: Spot): void {
    const { desk, tool } = this
    this.begun = spot.t
    this.told = 0
    this.page = desk.page
    const points: number[] = []
    this.stroke = { object: desk.id(), type: 'stroke', tool, ...desk[tool], began: desk.now(), points }
    this.add(points, spot)
    this.show([])
  }

  private add(points: number[], spot: Spot): void {
    const { instrument } = this.desk
    const at = instrument ? onEdge(instrument, this.edge, spot) : spot
    const x = within(at.x, PAGE.width)
    const y = within(at.y, PAGE.height)
    const n = points.length
    if (n && Math.hypot((points[n - 4] as number) - x, (points[n - 3] as number) - y) < NEAREST) return
    points.push(x, y, spot.pressure, Math.max(0, Math.round(spot.t - this.begun)))
  }

  private show(ahead: readonly Spot[]): void {
    if (!this.stroke) return
    const points = ahead.length ? [...this.stroke.points] : this.stroke.points
    for (const spot of ahead) this.add(points, spot)
    this.desk.wet([{ ...this.stroke, points }])
  }

  private tell(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (!this.stroke) return
    this.toldAt = performance.now()
    const { object: stroke, color, width, points } = this.stroke
    while (this.told < points.length) {
      const fresh = points.slice(this.told, this.told + INK_NUMBERS)
      this.told += fresh.length
      this.desk.signal('ink', { stroke, page: this.page, tool: this.tool, color, width, points: fresh })
    }
  }

  private finish(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const { stroke } = this
    this.stroke = null
    if (stroke) this.desk.do(added(this.page, [{ ...stroke, points: [...thinned(stroke)] }]))
  }
}
