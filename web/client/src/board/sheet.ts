/**
 * The finished ink of pages as bitmaps, one for each page and part of it that was shown lately. What changes on a page is
 * drawn over its bitmap: what was added on top of it, what was taken away or changed only where it was.
 */

import { drawObject, drawSlide, type Drawing, type Pictures } from './drawing.ts'
import { grown, meet, union, type Box } from './geometry.ts'
import { bounds, type BoardObject } from './objects.ts'
import { drawPaper } from './papers.ts'
import { PAGE, same, type View } from './view.ts'

export interface Paper {
  kind: string
  courseware?: string
  slide?: number
}

export interface Shown {
  page: string
  paper: Paper
  objects: readonly BoardObject[]
  view: View
  /** The bitmap's width in device pixels. */
  pixels: number
}

/** Bitmaps that are kept: turning back a page, or zooming out, is then at once. */
const KEPT = 4
/** Drawing for longer than this at a time would be felt, by a hand that writes and by one that does not. */
const SLICE_MS = { busy: 8, calm: 100 }
/** Where more than this has changed, all is drawn anew, by and by. */
const MANY = 300

interface Bitmap extends Omit<Shown, 'objects'> {
  canvas: HTMLCanvasElement
  /** What it holds now, in order. */
  drawn: readonly BoardObject[]
  /** Whether something of it is still to be drawn. */
  owing: readonly BoardObject[]
  painted: boolean
}

export class Sheet {
  private bitmaps: Bitmap[] = []
  private frame = 0
  private current: Bitmap | null = null
  private busy = (): boolean => false

  /** `changed`: something was drawn; `finished` when nothing of the page is lacking any more. */
  constructor(
    private readonly pictures: Pictures,
    private readonly changed: (canvas: HTMLCanvasElement, view: View, finished: boolean) => void,
  ) {}

  /** `busy`: whether a hand is writing just now. */
  show({ page, paper, objects, view, pixels }: Shown, busy: () => boolean): void {
    this.busy = busy
    let bitmap = this.bitmaps.find(
      (one) => one.page === page && one.pixels === pixels && same(one.view, view) && samePaper(one.paper, paper),
    )
    if (!bitmap) {
      const canvas = this.spare() ?? document.createElement('canvas')
      canvas.width = pixels
      canvas.height = Math.round((pixels * PAGE.height) / PAGE.width)
      bitmap = { page, paper, view, pixels, canvas, drawn: [], owing: [], painted: false }
    }
    this.bitmaps = [bitmap, ...this.bitmaps.filter((one) => one !== bitmap)].slice(0, KEPT)
    this.current = bitmap
    this.bring(bitmap, objects)
    this.go(bitmap)
  }

  /** A picture has come, or the paper's colours have changed: all is drawn anew. */
  again(): void {
    const objects = this.current ? [...this.current.drawn, ...this.current.owing] : []
    for (const one of this.bitmaps) [one.drawn, one.owing, one.painted] = [[], [], false]
    if (!this.current) return
    this.current.owing = objects
    this.go(this.current)
  }

  close(): void {
    cancelAnimationFrame(this.frame)
    // Safari and old WebViews keep a bitmap until its canvas is empty.
    for (const { canvas } of this.bitmaps) canvas.width = canvas.height = 0
    this.bitmaps = []
    this.current = null
  }

  private spare(): HTMLCanvasElement | undefined {
    return this.bitmaps.length >= KEPT ? this.bitmaps[this.bitmaps.length - 1]?.canvas : undefined
  }

  private drawing({ canvas, view, pixels }: Bitmap): Drawing | null {
    const context = canvas.getContext('2d')
    if (!context) return null
    const scale = pixels / view.width
    context.setTransform(scale, 0, 0, scale, -view.x * scale, -view.y * scale)
    return { context, pixel: 1 / scale, pictures: this.pictures }
  }

  /** Takes from a bitmap what is not on the page any more, and notes what it lacks. */
  private bring(bitmap: Bitmap, objects: readonly BoardObject[]): void {
    const { drawn } = bitmap
    if (drawn.length <= objects.length && drawn.every((one, i) => alike(one, objects[i] as BoardObject))) {
      bitmap.drawn = objects.slice(0, drawn.length)
    } else {
      const stood = new Set(drawn)
      let end = objects.length
      while (end > 0 && !stood.has(objects[end - 1] as BoardObject)) end--
      const now = objects.slice(0, end)
      const stays = new Set(now)
      const changed = [...drawn.filter((one) => !stays.has(one)), ...now.filter((one) => !stood.has(one))]
      if (changed.length > MANY) [bitmap.drawn, bitmap.painted] = [[], false]
      else {
        const part = union(changed.map(bounds))
        bitmap.drawn = now
        if (part) this.mend(bitmap, part)
      }
    }
    bitmap.owing = objects.slice(bitmap.drawn.length)
  }

  /** Draws a part of the page anew, to whole pixels: at their edges nothing is drawn twice. */
  private mend(bitmap: Bitmap, part: Box): void {
    const drawing = this.drawing(bitmap)
    if (!drawing) return
    const { context, pixel } = drawing
    const { x, y } = bitmap.view
    const left = Math.floor((part.left - x) / pixel) - 1
    const top = Math.floor((part.top - y) / pixel) - 1
    const right = Math.ceil((part.right - x) / pixel) + 1
    const bottom = Math.ceil((part.bottom - y) / pixel) + 1
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.beginPath()
    context.rect(left, top, right - left, bottom - top)
    context.clip()
    context.clearRect(left, top, right - left, bottom - top)
    this.drawing(bitmap)
    this.print(drawing, bitmap.paper)
    const seen = grown(part, 2 * pixel)
    for (const one of bitmap.drawn) if (meet(bounds(one), seen)) drawObject(drawing, one)
    context.restore()
  }

  private print({ context, pixel }: Drawing, { kind, courseware, slide }: Paper): void {
    const picture = courseware === undefined ? null : this.pictures(courseware, slide ?? 1)
    drawPaper(context, picture ? 'blank' : kind, pixel)
    if (picture) drawSlide(context, picture)
  }

  private readonly go = (bitmap: Bitmap): void => {
    cancelAnimationFrame(this.frame)
    if (bitmap !== this.current) return
    const drawing = this.drawing(bitmap)
    if (!drawing) return
    if (!bitmap.painted) {
      drawing.context.save()
      drawing.context.setTransform(1, 0, 0, 1, 0, 0)
      drawing.context.clearRect(0, 0, bitmap.canvas.width, bitmap.canvas.height)
      drawing.context.restore()
      this.print(drawing, bitmap.paper)
      bitmap.painted = true
    }
    const until = performance.now() + (this.busy() ? SLICE_MS.busy : SLICE_MS.calm)
    let count = 0
    while (count < bitmap.owing.length && (count % 32 || performance.now() < until)) {
      drawObject(drawing, bitmap.owing[count++] as BoardObject)
    }
    if (count) {
      bitmap.drawn = bitmap.drawn.length
        ? [...bitmap.drawn, ...bitmap.owing.slice(0, count)]
        : bitmap.owing.slice(0, count)
      bitmap.owing = bitmap.owing.slice(count)
    }
    const finished = bitmap.owing.length === 0
    this.changed(bitmap.canvas, bitmap.view, finished)
    if (!finished) this.frame = requestAnimationFrame(() => this.go(bitmap))
  }
}

/** What one has asked for looks as it did when the server has confirmed it. */
function alike(one: BoardObject, other: BoardObject): boolean {
  if (one === other) return true
  return one.object === other.object && one.type === other.type && looks(one) === looks(other)
}

const looks = ({ by: _, z: __, ...one }: BoardObject): string =>
  JSON.stringify(Object.entries({ ...one, words: undefined }).sort())

const samePaper = (one: Paper, other: Paper): boolean =>
  one.kind === other.kind && one.courseware === other.courseware && one.slide === other.slide
