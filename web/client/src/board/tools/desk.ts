/** What a tool works on and with. All places are the page's. */

import type { Instrument } from '../instruments.ts'
import type { BoardObject, WordsObject } from '../objects.ts'
import type { ShapeKind } from '../shapes.ts'
import type { Step } from '../steps.ts'
import type { Place } from '../view.ts'

export interface Spot extends Place {
  pressure: number
  t: number
}

export interface Hold {
  straight: boolean
  touch: boolean
}

/** A small state machine: from where the hand is to commands and signals. */
export interface Tool {
  down(spot: Spot, how: Hold): void
  /** `ahead`: where the hand is expected to be in the next frames, never more than shown; null: there is no need to show
   * anything yet, the same is told again before the next frame. */
  move(spots: readonly Spot[], ahead: readonly Spot[] | null, how: Hold): void
  up(): void
  /** It was not meant: nothing stays of it. */
  cancel(): void
}

export interface Look {
  color: string
  width: number
}

export interface Desk {
  readonly page: string
  /** As they are shown to the writer, the lowest first; only what this writer may change. */
  readonly objects: readonly BoardObject[]
  readonly selected: readonly string[]
  readonly pen: Look
  readonly highlighter: Look
  readonly shape: ShapeKind
  readonly size: number
  readonly instrument: Instrument | null
  /** A pixel of the screen in board units. */
  readonly unit: number
  /** Growing ink is told on no more often: everyone there gets it. */
  readonly tellMs: number
  id(): string
  /** The lesson's clock, milliseconds. */
  now(): number
  /** Asks for it, shows it at once, and remembers it for *undo*. */
  do(step: Step): void
  signal(kind: 'ink' | 'cursor', data: Record<string, unknown>): void
  /** What the hand is making, over all else. */
  wet(objects: readonly BoardObject[]): void
  /** What is shown for the time being in the place of these objects. */
  instead(objects: ReadonlyMap<string, readonly BoardObject[]>): void
  select(objects: readonly string[]): void
  /** Opens words to be written: those of an object, or of one that is added when they are. */
  write(words: WordsObject): void
}

/** How near a hand must come, in pixels of the screen. */
export const REACH_PX = { finger: 14, fine: 6 }
export const reachOf = (desk: Desk, { touch }: Hold): number => (touch ? REACH_PX.finger : REACH_PX.fine) * desk.unit
