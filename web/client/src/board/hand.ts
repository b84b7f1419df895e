/** What the board asks of who writes on it. */

import type { BoardObject } from './objects.ts'
import type { Tool } from './tools/desk.ts'

export interface Hand {
  /** What writes now; null: nothing does, and one finger moves the page. */
  readonly tool: Tool | null
  /** What the pen's other end does. */
  readonly eraser: Tool
  readonly cursor: string
  /** What the hand is making, over all else. */
  readonly held: readonly BoardObject[]
  /** A pixel of the screen in board units, as the board shows it now. */
  unit: number
}
