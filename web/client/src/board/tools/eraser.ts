/** The eraser that takes what it touches whole. */

import { touched } from '../objects.ts'
import { erased } from '../steps.ts'
import { along } from '../trim.ts'
import type { Place } from '../view.ts'
import type { Desk, Spot, Tool } from './desk.ts'

const RADIUS_PX = 12

export class Eraser implements Tool {
  private at: Place | null = null
  private readonly gone = new Set<string>()

  private readonly desk: Desk

  constructor(desk: Desk) {
    this.desk = desk
  }

  down(spot: Spot): void {
    this.gone.clear()
    this.at = spot
    this.rub([spot])
  }

  move(spots: readonly Spot[]): void {
    for (const spot of spots) {
      if (this.at) this.rub(along(this.at, spot, RADIUS_PX * this.desk.unit))
      this.at = spot
    }
  }

  up(): void {
    this.at = null
    if (this.gone.size) this.desk.do(erased(this.desk.page, [...this.gone]))
    this.desk.instead(new Map())
  }

  cancel(): void {
    this.at = null
    this.desk.instead(new Map())
  }

  private rub(places: readonly Place[]): void {
    const { desk, gone } = this
    const before = gone.size
    const stand = desk.objects.filter(({ object }) => !gone.has(object))
    for (const place of places) {
      for (const { object } of touched(stand, place, RADIUS_PX * desk.unit)) gone.add(object)
    }
    if (gone.size > before) desk.instead(new Map([...gone].map((object) => [object, []])))
  }
}
