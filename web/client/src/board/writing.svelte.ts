/** Who writes on the board: what stands there already, the tools and what they make, and the way back. */

import type { Paper } from '../generated/protocol.ts'
import { ownOf, pageOf } from '../lesson/board.ts'
import { newId, type Ask, type Lesson } from '../net/lesson.svelte'
import { after, shifted, type Box, type Placing } from './geometry'
import type { Hand } from './hand'
import { COLORS, MARKERS, WIDTHS } from './ink'
import type { Instrument } from './instruments'
import { placeOf, type BoardObject, type ImageObject, type WordsObject } from './objects'
import { expected } from './pending'
import type { ShapeKind } from './shapes'
import { objectsOf, shownPage } from './shown'
import { added, changed, copied, erased, Steps, type Change, type Command, type Step } from './steps'
import { CURSORS, TOOLS, type ToolName } from './tools'
import type { Desk, Look, Tool } from './tools/desk'
import { PAGE, WHOLE, zoomed, type View } from './view'

/** Of forty at a time, each on a page of its own, nobody looks closer. */
const SLOWEST_OWN_MS = 200
const MARKER_WIDTH = 40
/** How much of what is seen a picture may take up when it comes. */
const PICTURED = 0.6
/** Where a copy lies beside what it was made of, in board units. */
const BESIDE = 24

interface Sized {
  width: number
  height: number
}

export class Writing implements Desk, Hand {
  name = $state<ToolName>('pen')
  pen = $state.raw<Look>({ color: COLORS[0].value, width: WIDTHS[0] })
  highlighter = $state.raw<Look>({ color: MARKERS[0].value, width: MARKER_WIDTH })
  shape = $state<ShapeKind>('line')
  size = $state<number>(48)
  instrument = $state.raw<Instrument | null>(null)
  view = $state.raw<View>(WHOLE)
  unit = 1
  /** What the hand is making. */
  held = $state.raw<readonly BoardObject[]>([])
  selected = $state.raw<readonly string[]>([])
  /** The box that is being drawn around things. */
  boxing = $state.raw<Box | null>(null)
  /** The words that are being written. */
  words = $state.raw<WordsObject | null>(null)

  private swapped = $state.raw<ReadonlyMap<string, readonly BoardObject[]>>(new Map())
  private readonly steps = new Map<string, Steps>()
  private taken = $state(0)

  private readonly state = $derived.by(() => expected(this.lesson.state, this.lesson.pending, this.lesson.me))
  /** What this page has done and the server has not confirmed yet stands on the board already. */
  readonly board = $derived.by(() => shownPage(this.state))
  readonly page = $derived.by(() => (this.ownPage ? this.ownPage() : (this.board.page?.id ?? '')))
  readonly standing = $derived.by((): readonly BoardObject[] =>
    objectsOf(this.ownPage ? (pageOf(this.state, this.page) ?? null) : this.board.page),
  )
  /** What this writer may change. */
  readonly objects = $derived.by(() =>
    this.everything ? this.standing : this.standing.filter(({ by }) => by === this.lesson.me),
  )
  readonly growing = $derived.by(() => this.lesson.growing.filter((ink) => ink.page === this.page))
  /** With what the hand holds taken out, or put in another form. */
  readonly shown = $derived.by((): readonly BoardObject[] => {
    const { standing, swapped, words } = this
    if (!swapped.size && !words) return standing
    return standing.flatMap((one) => (one.object === words?.object ? [] : (swapped.get(one.object) ?? [one])))
  })
  readonly chosen = $derived.by(() => this.objects.filter(({ object }) => this.selected.includes(object)))
  readonly undoes = $derived.by(() => this.taken >= 0 && this.own.back)
  readonly redoes = $derived.by(() => this.taken >= 0 && this.own.forth)

  private readonly tools = new Map<ToolName, Tool>()

  constructor(
    private readonly lesson: Lesson,
    private readonly ask: Ask,
    /** Whether what others wrote may be changed too. */
    private readonly everything = true,
    /** The page of one's own that is written on, in the place of the one that is shown to all. */
    private readonly ownPage: (() => string) | null = null,
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

  get tellMs(): number {
    if (this.ownPage && ownOf(this.lesson.state, this.page)?.handout.to === 'students') return SLOWEST_OWN_MS
    return this.lesson.tellMs
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

  write(words: WordsObject): void {
    this.words = words
  }

  // What is done with words and with what is selected

  /** The words are written; none: what they stood in goes. */
  wrote(text: string, height: number): void {
    const { words, page } = this
    this.words = null
    if (!words) return
    const there = this.standing.some(({ object }) => object === words.object)
    const [x, y, width] = words.box as [number, number, number]
    const box = words.type === 'text' ? [x, y, width, Math.ceil(height)] : words.box
    if (!there && text) this.do(added(page, [{ ...words, box, text }]))
    else if (there && !text) this.do(erased(page, [words.object]))
    else if (there && text !== words.text) {
      const { object } = words
      this.do(changed(page, [{ object, text: words.text ?? '', box: words.box }], [{ object, text, box }]))
    }
  }

  erase(): void {
    if (this.chosen.length) this.do(erased(this.page, this.selected))
    this.selected = []
  }

  copy(): void {
    const copies = copied(this.chosen, () => this.id(), shifted(BESIDE, BESIDE))
    if (!copies.length) return
    this.do(added(this.page, copies))
    this.selected = copies.map(({ object }) => object)
  }

  shift(by: Placing): void {
    this.change((one) => ({ place: after(placeOf(one), by) }))
  }

  private change(to: (one: BoardObject) => Omit<Change, 'object'>): void {
    const now = this.chosen.map((one) => ({ ...to(one), object: one.object }))
    const before = this.chosen.map((one, i): Change => {
      const was: Record<string, unknown> = { ...one, place: placeOf(one) }
      return Object.fromEntries(Object.keys(now[i] as Change).map((key) => [key, was[key]])) as unknown as Change
    })
    if (now.length) this.do(changed(this.page, before, now))
  }

  // What the tool bar asks

  choose(name: ToolName): void {
    this.name = name
    if (name !== 'select') this.selected = []
  }

  /** A colour means the pen, unless it is another tool that has one that is in the hand. */
  paint(color: string): void {
    if (this.name === 'select' && this.chosen.length) {
      this.change((one) => (one.type === 'image' || one.type === 'note' ? { place: placeOf(one) } : { color }))
    } else if (this.name === 'highlighter') this.highlighter = { ...this.highlighter, color }
    else {
      this.pen = { ...this.pen, color }
      if (this.name !== 'shape' && this.name !== 'text') this.choose('pen')
    }
  }

  thicken(width: number): void {
    this.pen = { ...this.pen, width }
  }

  /** In the middle of what is seen; once more: away. */
  lay(kind: Instrument['kind']): void {
    const { x, y, width } = this.view
    const middle = { x: x + width / 2, y: y + (width * PAGE.height) / PAGE.width / 2 }
    this.instrument = this.instrument?.kind === kind ? null : { kind, ...middle, turn: 0 }
  }

  /** A picture in the middle of what is seen: as much of it as `share`, and then it stays; else in the hand that will move it. */
  picture({ courseware, slide }: Pick<ImageObject, 'courseware' | 'slide'>, size: Sized, share?: number): void {
    const { x, y, width } = this.view
    const height = (width * PAGE.height) / PAGE.width
    const scale = (share ?? PICTURED) * Math.min(width / size.width, height / size.height)
    const [w, h] = [size.width * scale, size.height * scale]
    const box = [x + (width - w) / 2, y + (height - h) / 2, w, h].map(Math.round)
    const object = this.id()
    this.do(added(this.page, [{ object, type: 'image', courseware, slide, box }]))
    if (share !== undefined) return
    this.choose('select')
    this.selected = [object]
  }

  /** Closer, or further away; 0: all of the page. */
  zoom(factor: number): void {
    this.view = factor ? zoomed(this.view, factor, { x: 0.5, y: 0.5 }) : WHOLE
  }

  undo(): void {
    this.selected = []
    this.send(this.own.undo())
  }

  redo(): void {
    this.selected = []
    this.send(this.own.redo())
  }

  show(page: string): void {
    void this.ask('page.show', { page })
  }

  /** From slide to slide where there are more, else from page to page. */
  turn(by: 1 | -1): void {
    const slide = this.slideBy(by)
    if (slide) return void this.ask('slide.show', slide)
    const next = this.lesson.state.board.pages[this.board.number - 1 + by]
    if (next) this.show(next.id)
  }

  /** Whether anything follows what is shown. */
  get turnsOn(): boolean {
    return this.slideBy(1) !== null || this.board.number < this.board.of
  }

  private slideBy(by: 1 | -1): { courseware: string; slide: number } | null {
    const paper = this.board.page?.paper
    if (!paper || !('courseware' in paper)) return null
    const slide = paper.slide + by
    const slides = this.lesson.state.courseware[paper.courseware]?.slides ?? 0
    return slide >= 1 && slide <= slides ? { courseware: paper.courseware, slide } : null
  }

  /** After the one that is shown, of the same paper if it is plain. */
  async addPage(paper?: Paper): Promise<void> {
    const page = newId()
    const shown = this.board.page
    const same: Paper = shown && !('courseware' in shown.paper) ? shown.paper : { kind: 'blank' }
    await this.ask('page.add', { page, paper: paper ?? same, ...(shown && { after: shown.id }) })
    await this.ask('page.show', { page })
  }

  paper(paper: Paper): void {
    void this.ask('page.change', { page: this.page, paper })
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
