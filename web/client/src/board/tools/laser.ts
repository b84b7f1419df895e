/** The pointer: everyone sees where it is while it is held down, and nothing stays. */

import type { Desk, Spot, Tool } from './desk.ts'

const TELL_MS = 40

export class Laser implements Tool {
  private told = 0

  private readonly desk: Desk

  constructor(desk: Desk) {
    this.desk = desk
  }

  down(spot: Spot): void {
    this.tell(spot)
  }

  move(spots: readonly Spot[]): void {
    const spot = spots[spots.length - 1]
    if (spot && spot.t - this.told >= TELL_MS) this.tell(spot)
  }

  up(): void {
    this.desk.signal('cursor', { page: null })
  }

  cancel(): void {
    this.up()
  }

  private tell({ x, y, t }: Spot): void {
    this.told = t
    this.desk.signal('cursor', { page: this.desk.page, x: Math.round(x), y: Math.round(y) })
  }
}
