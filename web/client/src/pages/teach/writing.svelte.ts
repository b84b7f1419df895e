/** What a teacher writes on the board: what stands there already, and what the hand does to it. */

import { COLORS, WIDTHS, type Ink } from '../../board/ink'
import type { Drawn } from '../../board/pen'
import { shownPage } from '../../board/shown'
import { newId, type Ask, type Lesson } from '../../net/lesson.svelte'

/** The server takes so many numbers of growing ink in one signal. */
const INK_NUMBERS = 400

export class Writing {
  tool = $state<'pen' | 'erase'>('pen')
  color = $state<string>(COLORS[0].value)
  width = $state<number>(WIDTHS[0])
  readonly board = $derived.by(() => shownPage(this.lesson.state))
  readonly growing = $derived.by(() => this.lesson.growing.filter((ink) => ink.page === this.board.page?.id))

  /** What this page has done and the server has not confirmed yet stands on the board already. */
  readonly strokes = $derived.by((): readonly Ink[] => {
    const { page } = this.board
    if (!page) return []
    const known = new Set(page.strokes.map(({ stroke }) => stroke))
    const added: Ink[] = []
    const erased = new Set<string>()
    for (const { kind, data } of this.lesson.pending) {
      const of = data as { page?: string; stroke: string }
      if (of.page !== page.id) continue
      if (kind === 'stroke.add' && !known.has(of.stroke)) added.push(data as Ink)
      if (kind === 'stroke.erase') erased.add(of.stroke)
    }
    if (!added.length && !erased.size) return page.strokes
    return [...page.strokes, ...added].filter(({ stroke }) => !erased.has(stroke))
  })

  private readonly drawn: string[] = []
  private readonly erasing = new Set<string>()

  constructor(
    private readonly lesson: Lesson,
    private readonly ask: Ask,
  ) {}

  write(color: string): void {
    this.color = color
    this.tool = 'pen'
  }

  readonly grew = (drawn: Drawn, fresh: number[]): void => {
    const { page } = this.board
    if (!page) return
    const { color, width } = this
    for (let i = 0; i < fresh.length; i += INK_NUMBERS) {
      const points = fresh.slice(i, i + INK_NUMBERS)
      this.lesson.connection.signal('ink', { stroke: drawn.stroke, page: page.id, color, width, points })
    }
  }

  readonly done = ({ stroke, began, points }: Drawn): void => {
    const { page } = this.board
    if (!page) return
    this.drawn.push(stroke)
    const { color, width } = this
    void this.ask('stroke.add', { stroke, page: page.id, tool: 'pen', color, width, began, points })
  }

  readonly erase = (stroke: string): void => {
    const { page } = this.board
    if (!page || this.erasing.has(stroke)) return
    this.erasing.add(stroke)
    void this.ask('stroke.erase', { page: page.id, stroke }).then(() => this.erasing.delete(stroke))
  }

  undo(): void {
    const standing = new Set(this.strokes.map(({ stroke }) => stroke))
    for (let stroke = this.drawn.pop(); stroke; stroke = this.drawn.pop()) {
      if (standing.has(stroke)) return this.erase(stroke)
    }
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
}
