/** Who writes on the board: what stands there already, the tools and what they make, and the way back. */

import { newId, type Ask, type Lesson } from '../net/lesson.svelte'
import type { Box } from './geometry'
import type { Hand } from './hand'
import { COLORS, MARKERS, WIDTHS } from './ink'
import type { Instrument } from './instruments'
import type { BoardObject } from './objects'
import { expected } from './pending'
import type { ShapeKind } from './shapes'
import { objectsOf, shownPage } from './shown'
import { Steps, type Command, type Step } from './steps'
import { CURSORS, TOOLS, type ToolName } from './tools'
import type { Desk, Look, Tool } from './tools/desk'
import { WHOLE, zoomed, type View } from './view'

/** How often growing ink is told on, to few and to hundreds. */
const QUICKEST_MS = 20
const SLOWEST_MS = 50

export class Writing implements Desk, Hand {
  name = $state<ToolName>('pen')
  pen = $state.raw<Look>({ color: COLORS[0].value, width: WIDTHS[0] })
  highlighter = $state.raw<Look>({ color: MARKERS[0].value, width: 40 })
  shape = $state<ShapeKind>('line')
  size = $state(48)
  instrument = $state.raw<Instrument | null>(null)
  view = $state.raw<View>(WHOLE)
  unit = 1
  /** What the hand is making. */
  held = $state.raw<readonly BoardObject[]>([])
  selected = $state.raw<readonly string[]>([])
  /** The box that is being drawn around things. */
  boxing = $state.raw<Box | null>(null)
  /** The words that are being written. */
  words = $state.raw<BoardObject | null>(null)

  private swapped = $state.raw<ReadonlyMap<string, readonly BoardObject[]>>(new Map())
  private readonly steps = new Map<string, Steps>()
  private taken = $state(0)

  /** What this page has done and the server has not confirmed yet stands on the board already. */
  readonly board = $derived.by(() => shownPage(expected(this.lesson.state, this.lesson.pending)))
  readonly standing = $derived.by(() => objectsOf(this.board.page))
  readonly growing = $derived.by(() => this.lesson.growing.filter((ink) => ink.page === this.page))
  /** With what the hand holds taken out, or put in another form. */
  readonly shown = $derived.by((): readonly BoardObject[] => {
    const { standing, swapped } = this
    return swapped.size ? standing.flatMap((one) => swapped.get(one.object) ?? [one]) : standing
  })

  readonly undoes = $derived.by(() => this.taken >= 0 && this.own.back)
  readonly redoes = $derived.by(() => this.taken >= 0 && this.own.forth)

  private readonly tools = new Map<ToolName, Tool>()

  constructor(
    private readonly lesson: Lesson,
    private readonly ask: Ask,
  ) {}

  // What the board asks

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
    if (!tool) this.tools.set(name, (tool = TOOLS[name](this, (box) => (this.boxing = box))))
    return tool
  }

  // What a tool asks

  get page(): string {
    return this.board.page?.id ?? ''
  }

  get objects(): readonly BoardObject[] {
    return this.standing
  }

  /** The more there are, the more each telling costs the server. */
  get tellMs(): number {
    const present = Object.values(this.lesson.state.participants).filter((one) => one.present).length
    return Math.min(SLOWEST_MS, Math.max(QUICKEST_MS, present / 10))
  }

  id(): string {
    return newId()
  }

  now(): number {
    return this.lesson.now()
  }

  do(step: Step): void {
    this.own.did(step)
    this.send(step.does)
  }

  signal(kind: 'ink' | 'cursor', data: Record<string, unknown>): void {
    this.lesson.connection.signal(kind, data as never)
  }

  wet(objects: readonly BoardObject[]): void {
    this.held = objects
  }

  instead(objects: ReadonlyMap<string, readonly BoardObject[]>): void {
    this.swapped = objects
  }

  select(objects: readonly string[]): void {
    this.selected = objects
  }

  write(object: BoardObject): void {
    this.words = object
  }

  // What the tool bar asks

  choose(name: ToolName): void {
    this.name = name
    if (name !== 'select') this.selected = []
  }

  /** A colour means the pen, unless it is the highlighter that is in the hand. */
  paint(color: string): void {
    if (this.name === 'highlighter') this.highlighter = { ...this.highlighter, color }
    else {
      this.pen = { ...this.pen, color }
      if (this.name !== 'shape' && this.name !== 'text') this.choose('pen')
    }
  }

  /** Closer, or further away; 0: all of the page. */
  zoom(factor: number): void {
    this.view = factor ? zoomed(this.view, factor, { x: 0.5, y: 0.5 }) : WHOLE
  }

  undo(): void {
    this.send(this.own.undo())
  }

  redo(): void {
    this.send(this.own.redo())
  }

  turn(by: 1 | -1): void {
    const next = this.lesson.state.board.pages[this.board.number - 1 + by]
    if (next) void this.ask('page.show', { page: next.id })
  }

  async addPage(): Promise<void> {
    const page = newId()
    await this.ask('page.add', { page })
    await this.ask('page.show', { page })
  }

  /** One goes back on the page that one sees. */
  private get own(): Steps {
    let steps = this.steps.get(this.page)
    if (!steps) this.steps.set(this.page, (steps = new Steps()))
    return steps
  }

  private send(commands: readonly Command[]): void {
    for (const [kind, data] of commands) void this.ask(kind as never, data as never)
    this.taken++
  }
}
