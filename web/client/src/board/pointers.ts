/**
 * Whose pointer does what on the glass: one writes, two fingers move the page, the palm beside a pen does nothing. Pure;
 * pointer events come in as they are, times with them.
 */

import { pinched, zoomed, panned, type Place, type View } from './view.ts'

/** What is needed of a PointerEvent. */
export interface Pointer {
  pointerId: number
  pointerType: string
  button: number
  buttons: number
  clientX: number
  clientY: number
  pressure: number
  timeStamp: number
  shiftKey?: boolean
  getCoalescedEvents?: () => Pointer[]
  getPredictedEvents?: () => Pointer[]
}

export interface Rect {
  left: number
  top: number
  width: number
  height: number
}

/** A place on the glass, in shares of the board; pressure 0 to 1; milliseconds of the page's clock. */
export interface Spot extends Place {
  pressure: number
  t: number
}

export interface Writer {
  /** False: there is nothing to write with here. `eraser`: the pen is held upside down. */
  down(spot: Spot, how: { eraser: boolean; straight: boolean; touch: boolean }): boolean
  /** `ahead`: where the browser expects the pointer in the next frames; null: a frame is yet to come. */
  move(spots: readonly Spot[], ahead: readonly Spot[] | null, how: { straight: boolean }): void
  up(): void
  /** It was not meant: nothing of it stays. */
  cancel(): void
  view(): View
  look(view: View): void
}

/** A hand that rests on the glass while a pen is near is not a finger that writes. */
export const PALM_MS = 1000
/** A second finger so soon after the first, which has hardly moved: they move the page. */
const TWO_MS = 300
const HARDLY = 0.02
const ERASER_BUTTON = 5
const ERASER_BUTTONS = 32

interface Writing {
  name: 'writing'
  pointer: number
  touch: boolean
  began: number
  from: Place
  far: boolean
}

type State =
  | { name: 'idle' }
  | Writing
  | { name: 'panning'; pointer: number; at: Place }
  | { name: 'pinching'; ids: readonly [number, number]; view: View; from: readonly [Place, Place] }
  /** Fingers that have moved the page, or should not have written, are waited for until they are gone. */
  | { name: 'resting' }

export class Pointers {
  private state: State = { name: 'idle' }
  private readonly fingers = new Map<number, Place>()
  private lastPen = -PALM_MS

  private readonly writer: Writer

  constructor(writer: Writer) {
    this.writer = writer
  }

  /** What is being done, for the cursor. */
  get doing(): State['name'] {
    return this.state.name
  }

  /** True: the board has taken the pointer, and wants to hear of it until it is up. */
  down(event: Pointer, rect: Rect, pan = false): boolean {
    const at = spot(event, rect)
    const touch = event.pointerType === 'touch'
    if (touch) this.fingers.set(event.pointerId, at)
    if (event.pointerType === 'pen') this.penNear(event)
    else if (touch && event.timeStamp - this.lastPen < PALM_MS) return false
    const { state } = this
    if (touch && this.fingers.size === 2 && this.pinches(event)) return true
    if (state.name !== 'idle') return false
    if (pan || event.button === 1) {
      this.state = { name: 'panning', pointer: event.pointerId, at }
      return true
    }
    const eraser = event.button === ERASER_BUTTON || (event.buttons & ERASER_BUTTONS) > 0
    if (event.button !== 0 && !eraser) return false
    if (this.writer.down(at, { eraser, straight: event.shiftKey === true, touch })) {
      this.state = {
        name: 'writing',
        pointer: event.pointerId,
        touch,
        began: event.timeStamp,
        from: at,
        far: false,
      }
    } else if (touch) this.state = { name: 'panning', pointer: event.pointerId, at }
    else return false
    return true
  }

  /**
   * A pointermove, which browsers hold back for the next frame; where they tell of the pointer before that as well
   * (`pointerrawupdate`), its places have been heard by `raw` already.
   */
  move(event: Pointer, rect: Rect, heard = false): void {
    if (event.pointerType === 'pen') this.penNear(event)
    const at = spot(event, rect)
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, at)
    const { state, writer } = this
    if (state.name === 'writing' && state.pointer === event.pointerId) {
      const ahead = (event.getPredictedEvents?.() ?? []).map((one) => spot(one, rect))
      this.wrote(state, heard ? [] : finest(event, rect), ahead, event)
    } else if (state.name === 'panning' && state.pointer === event.pointerId) {
      writer.look(panned(writer.view(), state.at, at))
      state.at = at
    } else if (state.name === 'pinching') {
      const [one, other] = state.ids.map((id) => this.fingers.get(id))
      if (one && other) writer.look(pinched(state.view, state.from, [one, other]))
    }
  }

  raw(event: Pointer, rect: Rect): void {
    const { state } = this
    if (state.name !== 'writing' || state.pointer !== event.pointerId) return
    this.wrote(state, finest(event, rect), null, event)
  }

  private wrote(state: Writing, spots: readonly Spot[], ahead: readonly Spot[] | null, event: Pointer): void {
    const last = spots[spots.length - 1]
    if (last) state.far ||= Math.hypot(last.x - state.from.x, last.y - state.from.y) > HARDLY
    this.writer.move(spots, ahead, { straight: event.shiftKey === true })
  }

  up(event: Pointer): void {
    this.fingers.delete(event.pointerId)
    const { state } = this
    if (state.name === 'writing' && state.pointer === event.pointerId) {
      this.state = { name: 'idle' }
      this.writer.up()
    } else if (state.name === 'panning' && state.pointer === event.pointerId) this.state = { name: 'idle' }
    else if (state.name === 'pinching' && state.ids.includes(event.pointerId)) this.state = { name: 'resting' }
    if (this.state.name === 'resting' && this.fingers.size === 0) this.state = { name: 'idle' }
  }

  /** The browser has taken the pointer away: what a finger had begun was a gesture of the system. */
  lost(event: Pointer): void {
    const { state } = this
    if (state.name === 'writing' && state.pointer === event.pointerId && state.touch) this.writer.cancel()
    else if (state.name === 'writing' && state.pointer === event.pointerId) this.writer.up()
    if (state.name === 'writing' && state.pointer === event.pointerId) this.state = { name: 'idle' }
    this.up(event)
  }

  /** By the wheel: with Ctrl (or two fingers on a touchpad, which browsers tell so) closer, without it along. */
  wheel(event: { deltaX: number; deltaY: number; deltaMode: number; ctrlKey: boolean }, at: Place, rect: Rect): void {
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? rect.height : 1
    const view = this.writer.view()
    if (event.ctrlKey) {
      const by = Math.min(100, Math.max(-100, event.deltaY * unit))
      return this.writer.look(zoomed(view, Math.exp(-by / 200), at))
    }
    const to = { x: -(event.deltaX * unit) / rect.width, y: -(event.deltaY * unit) / rect.height }
    this.writer.look(panned(view, { x: 0, y: 0 }, to))
  }

  /** A palm touches before the pen does: what it has drawn is taken back. */
  private penNear(event: Pointer): void {
    this.lastPen = event.timeStamp
    const { state } = this
    if (state.name === 'writing' && state.touch) {
      this.state = { name: 'idle' }
      this.writer.cancel()
    } else if (state.name === 'panning' || state.name === 'pinching' || state.name === 'resting') {
      this.state = { name: 'idle' }
    }
  }

  private pinches(event: Pointer): boolean {
    const { state } = this
    if (state.name === 'writing') {
      if (!state.touch || state.far || event.timeStamp - state.began > TWO_MS) return false
      this.writer.cancel()
    }
    const [one, other] = [...this.fingers.keys()] as [number, number]
    const from = [this.fingers.get(one), this.fingers.get(other)] as [Place, Place]
    this.state = { name: 'pinching', ids: [one, other], view: this.writer.view(), from }
    return true
  }
}

/** Where the pointer has been since the last event, at the rate of the device. */
function finest(event: Pointer, rect: Rect): Spot[] {
  const finer = event.getCoalescedEvents?.() ?? []
  return (finer.length ? finer : [event]).map((one) => spot(one, rect))
}

/** Mice and fingers report 0.5 or nothing for a pressure; the outline then takes the speed for it. */
function spot(event: Pointer, { left, top, width, height }: Rect): Spot {
  return {
    x: (event.clientX - left) / width,
    y: (event.clientY - top) / height,
    pressure: event.pointerType === 'pen' ? Math.round(Math.min(1, Math.max(0, event.pressure)) * 100) / 100 : 0.5,
    t: event.timeStamp,
  }
}
