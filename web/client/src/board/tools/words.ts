/** Text and sticky notes: a touch says where, or which one is to be changed. */

import { touched, type BoardObject, type WordsObject } from '../objects.ts'
import { PAGE } from '../view.ts'
import { LEADING } from '../words.ts'
import { reachOf, type Desk, type Hold, type Spot, type Tool } from './desk.ts'

const NOTE = { side: 260, color: '#ffe9a3', size: 36 }
const TEXT_WIDTH = 900

const isWords = (one: BoardObject): one is WordsObject => one.type === 'text' || one.type === 'note'

export class Words implements Tool {
  private at: Spot | null = null
  private reach = 0

  private readonly desk: Desk
  private readonly type: 'text' | 'note'

  constructor(desk: Desk, type: 'text' | 'note') {
    this.desk = desk
    this.type = type
  }

  down(spot: Spot, how: Hold): void {
    this.at = spot
    this.reach = reachOf(this.desk, how)
  }

  move(): void {
    // Where it is put is where the hand came down.
  }

  up(): void {
    const { at, desk } = this
    this.at = null
    if (!at) return
    const there = touched(desk.objects, at, this.reach).find(isWords)
    desk.write(there ?? this.made(at))
  }

  cancel(): void {
    this.at = null
  }

  private made({ x, y }: Spot): WordsObject {
    const { desk, type } = this
    const object = desk.id()
    if (type === 'note') {
      const { side, color, size } = NOTE
      const left = Math.min(PAGE.width - side, Math.max(0, x - side / 2))
      const top = Math.min(PAGE.height - side, Math.max(0, y - side / 2))
      return { object, type, color, size, box: [Math.round(left), Math.round(top), side, side] }
    }
    const { size } = desk
    const width = Math.max(size * 4, Math.min(TEXT_WIDTH, PAGE.width - x))
    const top = Math.max(0, Math.round(y - (size * LEADING) / 2))
    return {
      object,
      type,
      color: desk.pen.color,
      size,
      box: [Math.round(x), top, Math.round(width), Math.ceil(size * LEADING)],
    }
  }
}
