/** A pen that keys lead: the arrows move it, Space puts it down and lifts it, Escape takes back what it drew since then. */

import { stepped } from '../activities/pointing'
import type { Hand } from '../board/hand'
import type { Spot, Tool } from '../board/tools/desk'
import { PAGE } from '../board/view'

const HOW = { straight: false, touch: false }
const MIDDLE = [0.5, 0.5] as const
const PRESSURE = 0.5

export class Keyed {
  /** In shares of the sheet; null until a key was pressed. */
  at = $state.raw<readonly [number, number] | null>(null)
  /** What it draws or rubs out with just now; null while it is lifted. */
  tool = $state.raw<Tool | null>(null)
  /** On the page, in board units. */
  readonly place = $derived(this.at && { x: this.at[0] * PAGE.width, y: this.at[1] * PAGE.height })

  constructor(private readonly hand: Hand) {}

  /** Whether the key was one for it. */
  pressed(event: KeyboardEvent): boolean {
    if (event.altKey || event.ctrlKey || event.metaKey) return false
    const next = stepped(this.at ?? MIDDLE, event)
    if (next) {
      this.at = next
      this.tool?.move([this.spot(event)], [], HOW)
    } else if (event.key === ' ') {
      if (event.repeat) return true
      this.at ??= MIDDLE
      if (this.tool) this.lift()
      else {
        this.tool = this.hand.tool
        this.tool?.down(this.spot(event), HOW)
      }
    } else if (event.key === 'Escape' && this.tool) {
      this.tool.cancel()
      this.tool = null
    } else return false
    return true
  }

  lift(): void {
    this.tool?.up()
    this.tool = null
  }

  private spot({ timeStamp: t }: KeyboardEvent): Spot {
    const { x, y } = this.place ?? { x: 0, y: 0 }
    return { x, y, pressure: PRESSURE, t }
  }
}
