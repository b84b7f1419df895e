/** From pointer events to a stroke: decimated, timed, told on in deltas while it grows. */

import { MOST_POINTS, PAGE } from './ink'

const NEAREST = 1.5
const TELL_MS = 50
/** A hand that rests on the glass while a pen writes is not a finger that writes. */
const PALM_MS = 1000

export interface Drawn {
  stroke: string
  began: number
  points: number[]
}

export interface PenSink {
  id: () => string
  now: () => number
  /** The stroke grew by these points; `whole` is all of it so far. */
  grew: (drawn: Drawn, fresh: number[]) => void
  done: (drawn: Drawn) => void
}

const tenth = (n: number) => Math.round(n * 10) / 10
const within = (n: number, most: number) => Math.min(most, Math.max(0, n))

export class Pen {
  private drawn: Drawn | null = null
  private pointer = -1
  private told = 0
  private downAt = 0
  private lastPen = -PALM_MS
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly sink: PenSink) {}

  get drawing(): Drawn | null {
    return this.drawn
  }

  down(event: PointerEvent, place: DOMRect): boolean {
    if (event.button !== 0 || this.drawn) return false
    if (event.pointerType === 'pen') this.lastPen = event.timeStamp
    if (event.pointerType === 'touch' && event.timeStamp - this.lastPen < PALM_MS) return false
    this.pointer = event.pointerId
    this.begin(event, place)
    return true
  }

  move(event: PointerEvent, place: DOMRect): boolean {
    if (!this.drawn || event.pointerId !== this.pointer) return false
    if (event.pointerType === 'pen') this.lastPen = event.timeStamp
    const finer = event.getCoalescedEvents?.() ?? []
    for (const each of finer.length ? finer : [event]) this.add(each, place)
    if (this.drawn.points.length >= MOST_POINTS * 4 - 4) {
      this.end()
      this.begin(event, place)
    }
    this.timer ??= setTimeout(() => this.tell(), TELL_MS)
    return true
  }

  up(event: PointerEvent): void {
    if (event.pointerId === this.pointer) this.end()
  }

  private begin(event: PointerEvent, place: DOMRect): void {
    this.downAt = event.timeStamp
    this.told = 0
    this.drawn = { stroke: this.sink.id(), began: this.sink.now(), points: [] }
    this.add(event, place)
  }

  private add(event: PointerEvent, place: DOMRect): void {
    const points = (this.drawn as Drawn).points
    const x = tenth(within(((event.clientX - place.left) / place.width) * PAGE.width, PAGE.width))
    const y = tenth(within(((event.clientY - place.top) / place.height) * PAGE.height, PAGE.height))
    const n = points.length
    if (n && Math.hypot((points[n - 4] as number) - x, (points[n - 3] as number) - y) < NEAREST) return
    // Mice and fingers report 0.5 or nothing; the outline then takes the speed for the pressure.
    const pressure = event.pointerType === 'pen' ? Math.round(within(event.pressure, 1) * 100) / 100 : 0.5
    points.push(x, y, pressure, Math.max(0, Math.round(event.timeStamp - this.downAt)))
  }

  private tell(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (!this.drawn || this.told >= this.drawn.points.length) return
    const fresh = this.drawn.points.slice(this.told)
    this.told = this.drawn.points.length
    this.sink.grew(this.drawn, fresh)
  }

  private end(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const drawn = this.drawn
    this.drawn = null
    if (drawn) this.sink.done(drawn)
  }
}
