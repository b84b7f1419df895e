/** The eraser that takes only what is under it of a stroke; other things it leaves alone. */

import { grown, holds, unplaced } from '../geometry.ts'
import { bounds, placeOf, type BoardObject, type StrokeObject } from '../objects.ts'
import { trimmed, type Trim } from '../steps.ts'
import { cut } from '../../lesson/board.ts'
import { along, covered, joined, left, type Range } from '../trim.ts'
import type { Place } from '../view.ts'
import type { Desk, Spot, Tool } from './desk.ts'

export const RUBBER_PX = 16

export class Rubber implements Tool {
  private at: Place | null = null
  /** What is gone of each stroke since the hand came down. */
  private gone = new Map<StrokeObject, Range[]>()

  private readonly desk: Desk

  constructor(desk: Desk) {
    this.desk = desk
  }

  down(spot: Spot): void {
    this.gone = new Map()
    this.at = spot
    this.rub([spot])
  }

  move(spots: readonly Spot[]): void {
    for (const spot of spots) {
      if (this.at) this.rub(along(this.at, spot, this.reach))
      this.at = spot
    }
  }

  up(): void {
    const { desk } = this
    this.at = null
    const trims = [...this.gone].map(([one, gone]): Trim => {
      const parts = left(one.points, gone).map((part) => ({ stroke: desk.id(), ...part }))
      return { stroke: one.object, parts }
    })
    if (trims.length) desk.do(trimmed(desk.page, trims))
    this.cancel()
  }

  cancel(): void {
    this.at = null
    this.gone = new Map()
    this.desk.instead(new Map())
  }

  private get reach(): number {
    return RUBBER_PX * this.desk.unit
  }

  private rub(places: readonly Place[]): void {
    const { desk, gone, reach } = this
    let more = false
    for (const one of desk.objects) {
      if (one.type !== 'stroke') continue
      const place = placeOf(one)
      const near = grown(bounds(one), reach)
      const far = reach / Math.min(Math.abs(place[0]), Math.abs(place[1])) + one.width / 2
      for (const spot of places) {
        if (!holds(near, spot)) continue
        const found = covered(one.points, unplaced(place, spot), far)
        if (!found.length) continue
        gone.set(one, joined([...(gone.get(one) ?? []), ...found]))
        more = true
      }
    }
    if (more) desk.instead(new Map([...gone].map(([one, ranges]) => [one.object, parts(one, ranges)])))
  }
}

const parts = (one: StrokeObject, gone: readonly Range[]): BoardObject[] =>
  left(one.points, gone).map(({ from, to }, i) => ({
    ...one,
    object: `${one.object}.${i}`,
    points: cut(one.points, from, to),
  }))
