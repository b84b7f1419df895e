/** Selecting: a touch takes what is under it, a box what is in it; what is selected is moved, or scaled at its corners. */

import { after, box, grown, holds, scaled, shifted, union, UNPLACED, type Box, type Placing } from '../geometry.ts'
import { bounds, enclosed, placeOf, touched, type BoardObject } from '../objects.ts'
import { changed } from '../steps.ts'
import type { Place } from '../view.ts'
import { reachOf, type Desk, type Hold, type Spot, type Tool } from './desk.ts'

/** A corner is a target for a finger. */
export const CORNER_PX = 24
const MOVED_PX = 4
const LEAST_SCALE = 0.1
const MOST_SCALE = 10

type State =
  | { name: 'idle' }
  | { name: 'boxing'; from: Place; to: Place }
  | { name: 'moving'; from: Place; by: Placing }
  | { name: 'scaling'; from: Place; about: Place; by: Placing }

const round = (place: Placing): Placing =>
  place.map((value, i) => Math.round(value * (i < 2 ? 1e4 : 10)) / (i < 2 ? 1e4 : 10)) as unknown as Placing

/** The objects as they are when they are moved or scaled by `by` besides. */
export const movedBy = (objects: readonly BoardObject[], by: Placing): BoardObject[] =>
  objects.map((one) => ({ ...one, place: round(after(placeOf(one), by)) }))

export const frameOf = (objects: readonly BoardObject[]): Box | null => union(objects.map(bounds))

export class Select implements Tool {
  private state: State = { name: 'idle' }

  private readonly desk: Desk
  /** The box that is being drawn, for who draws it. */
  private readonly boxing: (box: Box | null) => void

  constructor(desk: Desk, boxing: (box: Box | null) => void) {
    this.desk = desk
    this.boxing = boxing
  }

  down(spot: Spot, how: Hold): void {
    const { desk } = this
    const reach = reachOf(desk, how)
    const frame = frameOf(this.selected)
    const corner = frame && cornerAt(frame, spot, CORNER_PX * desk.unit)
    if (corner) {
      this.state = { name: 'scaling', from: spot, about: corner.opposite, by: UNPLACED }
      return
    }
    if (frame && holds(grown(frame, reach), spot)) {
      this.state = { name: 'moving', from: spot, by: UNPLACED }
      return
    }
    const under = touched(desk.objects, spot, reach)[0]
    desk.select(under ? [under.object] : [])
    this.state = under ? { name: 'moving', from: spot, by: UNPLACED } : { name: 'boxing', from: spot, to: spot }
  }

  move(spots: readonly Spot[]): void {
    const spot = spots[spots.length - 1]
    const { state } = this
    if (!spot || state.name === 'idle') return
    if (state.name === 'boxing') {
      state.to = spot
      this.boxing(box(state.from, spot))
      return
    }
    if (state.name === 'moving') {
      const far = Math.hypot(spot.x - state.from.x, spot.y - state.from.y) >= MOVED_PX * this.desk.unit
      if (far || state.by !== UNPLACED) state.by = shifted(spot.x - state.from.x, spot.y - state.from.y)
    } else {
      const was = Math.hypot(state.from.x - state.about.x, state.from.y - state.about.y)
      const is = Math.hypot(spot.x - state.about.x, spot.y - state.about.y)
      state.by = scaled(Math.min(MOST_SCALE, Math.max(LEAST_SCALE, is / Math.max(was, 1))), state.about)
    }
    this.show(state.by)
  }

  up(): void {
    const { desk, state } = this
    this.state = { name: 'idle' }
    if (state.name === 'boxing') {
      const found = enclosed(desk.objects, box(state.from, state.to))
      desk.select(found.map(({ object }) => object))
    } else if (state.name !== 'idle' && state.by !== UNPLACED) {
      const { selected } = this
      const now = movedBy(selected, state.by)
      desk.do(
        changed(
          desk.page,
          selected.map((one) => ({ object: one.object, place: placeOf(one) })),
          now.map((one) => ({ object: one.object, place: placeOf(one) })),
        ),
      )
    }
    this.cancel()
  }

  cancel(): void {
    this.state = { name: 'idle' }
    this.boxing(null)
    this.desk.instead(new Map())
    this.desk.wet([])
  }

  private get selected(): BoardObject[] {
    const chosen = new Set(this.desk.selected)
    return this.desk.objects.filter(({ object }) => chosen.has(object))
  }

  private show(by: Placing): void {
    if (by === UNPLACED) return
    this.desk.instead(new Map(this.selected.map(({ object }) => [object, []])))
    this.desk.wet(movedBy(this.selected, by))
  }
}

function cornerAt({ left, top, right, bottom }: Box, at: Place, reach: number): { opposite: Place } | null {
  for (const [x, fromX] of [
    [left, right],
    [right, left],
  ] as const) {
    for (const [y, fromY] of [
      [top, bottom],
      [bottom, top],
    ] as const) {
      if (Math.abs(at.x - x) <= reach && Math.abs(at.y - y) <= reach) return { opposite: { x: fromX, y: fromY } }
    }
  }
  return null
}
