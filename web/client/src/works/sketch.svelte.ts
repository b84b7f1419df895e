/** A drawing that is nobody's but one's own until it is sent: the board's tools on a sheet that no server knows. */

import type { Hand } from '../board/hand'
import { COLORS, WIDTHS } from '../board/ink'
import type { BoardObject, StrokeObject } from '../board/objects'
import { Steps, type Command, type Step } from '../board/steps'
import { CURSORS, TOOLS, type ToolName } from '../board/tools'
import type { Desk, Look, Tool } from '../board/tools/desk'
import { newId } from '../net/lesson.svelte'

/** The server takes so many lines, of so many numbers. */
const MOST_LINES = 1000
const MOST_NUMBERS = 40_000

export interface Line {
  tool: 'pen' | 'highlighter'
  color: string
  width: number
  points: readonly number[]
}

/** A drawing as objects of a page. */
export const objectsOf = (lines: readonly Line[]): StrokeObject[] =>
  lines.map((line, i) => ({ object: String(i), type: 'stroke', began: 0, ...line }))

export class Sketch implements Desk, Hand {
  readonly page = 'sketch'
  readonly selected: readonly string[] = []
  readonly shape = 'line'
  readonly size = 48
  readonly instrument = null
  /** Nobody watches. */
  readonly tellMs = Infinity
  name = $state<ToolName>('pen')
  pen = $state.raw<Look>({ color: COLORS[0].value, width: WIDTHS[0] })
  readonly highlighter = this.pen
  unit = 1
  held = $state.raw<readonly BoardObject[]>([])
  objects = $state.raw<readonly BoardObject[]>([])
  /** What the eraser has touched is gone before the hand is lifted. */
  private swapped = $state.raw<ReadonlyMap<string, readonly BoardObject[]>>(new Map())
  private readonly gone = new Map<string, BoardObject>()
  private readonly steps = new Steps()
  private taken = $state(0)
  private readonly tools = new Map<ToolName, Tool>()

  readonly shown = $derived.by(() => this.objects.flatMap((one) => this.swapped.get(one.object) ?? [one]))
  readonly undoes = $derived.by(() => this.taken >= 0 && this.steps.back)
  readonly lines = $derived.by((): readonly Line[] =>
    this.objects.flatMap((one) =>
      one.type === 'stroke' ? [{ tool: one.tool, color: one.color, width: one.width, points: one.points }] : [],
    ),
  )
  /** There is more than the server takes. */
  readonly full = $derived.by(
    () =>
      this.lines.length > MOST_LINES || this.lines.reduce((sum, { points }) => sum + points.length, 0) > MOST_NUMBERS,
  )

  get tool(): Tool {
    return this.toolOf(this.name)
  }

  get eraser(): Tool {
    return this.toolOf('erase')
  }

  get cursor(): string {
    return CURSORS[this.name]
  }

  private toolOf(name: ToolName): Tool {
    let tool = this.tools.get(name)
    if (!tool) this.tools.set(name, (tool = TOOLS[name](this, () => undefined)))
    return tool
  }

  id = newId

  now(): number {
    return 0
  }

  do(step: Step): void {
    this.steps.did(step)
    this.carryOut(step.does)
  }

  undo(): void {
    this.carryOut(this.steps.undo())
  }

  choose(name: ToolName): void {
    this.name = name
  }

  paint(color: string): void {
    this.pen = { ...this.pen, color }
    this.choose('pen')
  }

  wet(objects: readonly BoardObject[]): void {
    this.held = objects
  }

  instead(objects: ReadonlyMap<string, readonly BoardObject[]>): void {
    this.swapped = objects
  }

  signal(): void {}
  select(): void {}
  write(): void {}

  /** What its two tools ask for. */
  private carryOut(commands: readonly Command[]): void {
    for (const [kind, data] of commands) {
      if (kind === 'stroke.add') {
        const { stroke, page: _, ...rest } = data
        this.objects = [...this.objects, { ...rest, object: stroke, type: 'stroke' } as unknown as BoardObject]
        continue
      }
      const ids = data.objects as readonly string[]
      if (kind === 'object.erase') {
        for (const one of this.objects) if (ids.includes(one.object)) this.gone.set(one.object, one)
        this.objects = this.objects.filter(({ object }) => !ids.includes(object))
      } else this.objects = [...this.objects, ...ids.flatMap((id) => this.gone.get(id) ?? [])]
    }
    this.taken++
  }
}
