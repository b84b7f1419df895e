/**
 * The slides of what a lesson has open: fetched ahead in the background, from the one that is shown on, and kept; so that
 * turning to one costs nothing but the event that says so. Those beside the one that is shown wait decoded.
 */

import type { Pictures } from '../board/drawing'
import { shownPage } from '../board/shown'
import type { OpenCourseware, Page, State } from '../generated/protocol.ts'
import { isCarried, located, pictureOf } from './carried'

/** Decoded, a slide takes up to 33 MB. */
const DECODED = 4
/** What is kept here; beyond that the browser's own cache has it, which keeps these addresses for ever. */
const KEPT_BYTES = 160e6
const AGAIN_MS = 2000
/** Whenever a slide has come all that is in sight is drawn anew; what was not drawn for so long is not. */
const DRAWN_MS = 5000
/** Of photos that were sent in: images of the lesson, whose courseware is never open. */
const PHOTO_BOXES: readonly number[] = [320, 960, 1920]

interface Slide {
  courseware: string
  slide: number
}

/** A picture beside the page is an element; of what is not there any more nothing is left. */
type Fetched = Blob | HTMLImageElement

const sizeOf = (one: Fetched): number => (one instanceof Blob ? one.size : one.naturalWidth)

/** Null: to be asked for again. Its owner has taken it away, or the seat is new: asking again at once would not help. */
async function load(address: string): Promise<Fetched | null> {
  if (isCarried) return pictureOf(address).catch(() => new Blob())
  const answer = await fetch(address, { credentials: 'same-origin' })
  return answer.ok ? await answer.blob() : answer.status === 404 ? new Blob() : null
}

const keyOf = ({ courseware, slide }: Slide): string => `${courseware}/${slide}`

/** The slide under a page, and the pictures that lie on it. */
const slidesOn = ({ paper, objects }: Page): Slide[] => [
  ...('courseware' in paper ? [paper] : []),
  ...objects.flatMap((one) => (one.type === 'image' ? [one] : [])),
]

/** Where a lesson's slides are, and those that a recording of one shows. */
export const ofLesson = (lesson: string): string => `/api/v1/lessons/${encodeURIComponent(lesson)}/courseware`
export const ofRecording = (resource: string): string => `/api/v1/resources/${encodeURIComponent(resource)}/courseware`

export const slideAddress = (base: string, courseware: string, slide: number, box: number): string =>
  located(`${base}/${encodeURIComponent(courseware)}/slides/${slide}/${box}`)

/** The smallest size that fills so many device pixels, or the largest there is. */
export function boxFor(boxes: readonly number[], pixels: number): number {
  return boxes.find((box) => box >= pixels) ?? boxes[boxes.length - 1] ?? 0
}

/** What to fetch, first what is needed first: the slide that is shown, what follows, what went before, all else. */
export function order(open: Readonly<Record<string, OpenCourseware>>, shown: Slide | null): Slide[] {
  const all = Object.entries(open)
    .filter(([, { kind }]) => kind === 'slides')
    .map(([courseware, { slides }]) => Array.from({ length: slides }, (_, i) => ({ courseware, slide: i + 1 })))
  const rank = (one: Slide): number => {
    if (!shown || one.courseware !== shown.courseware) return 2
    return one.slide >= shown.slide ? 0 : 1
  }
  return ([] as Slide[]).concat(...all).sort((a, b) => rank(a) - rank(b))
}

export class Slides {
  /** Another function whenever a slide has come. */
  pictures = $state.raw<Pictures>((courseware, slide) => this.picture({ courseware, slide }))
  /** The same for pages in small: there are many of these at a time, and each of them stays. */
  small = $state.raw<Pictures>((courseware, slide) => this.smallOf({ courseware, slide }))
  /** How many slides of each courseware are here. */
  here = $state.raw<Readonly<Record<string, number>>>({})

  private readonly kept = new Map<string, Fetched>()
  private readonly decoded = new Map<string, ImageBitmap>()
  private readonly decoding = new Set<string>()
  /** When each was last drawn: what is in sight on pages of one's own stays, too. */
  private readonly drawn = new Map<string, number>()
  /** Null: it is on its way, or cannot be had. */
  private readonly smalls = new Map<string, ImageBitmap | null>()
  private bytes = 0
  private fetching = false
  private closed = false
  private state: State | null = null
  private again: ReturnType<typeof setTimeout> | undefined

  /** `base`: where they are; `pixels`: how wide a slide can be seen here. */
  constructor(
    private readonly base: string,
    private readonly pixels: () => number,
  ) {}

  /** To be told of every state. */
  follow(state: State): void {
    const before = this.state
    this.state = state
    if (before?.courseware === state.courseware && before.board.shown === state.board.shown) return
    for (const key of [...this.kept.keys()]) {
      const courseware = key.slice(0, key.lastIndexOf('/'))
      if (before && courseware in before.courseware && !(courseware in state.courseware)) this.forget(key)
    }
    this.decodeAround()
    if (!this.fetching) void this.fetchAhead()
  }

  /** All that is on these pages decoded, for as long as `use` takes: pages are taken along with their slides. */
  async with<T>(pages: readonly Page[], use: (pictures: Pictures) => Promise<T>): Promise<T> {
    const wanted = new Map<string, ImageBitmap>()
    try {
      for (const one of ([] as Slide[]).concat(...pages.map(slidesOn))) {
        if (wanted.has(keyOf(one))) continue
        const blob = this.kept.get(keyOf(one)) ?? (await this.fetch(one))
        if (blob && sizeOf(blob)) wanted.set(keyOf(one), await createImageBitmap(blob))
      }
      return await use((courseware, slide) => wanted.get(keyOf({ courseware, slide })) ?? null)
    } finally {
      for (const bitmap of wanted.values()) bitmap.close()
    }
  }

  close(): void {
    this.closed = true
    clearTimeout(this.again)
    for (const bitmap of this.decoded.values()) bitmap.close()
    for (const bitmap of this.smalls.values()) bitmap?.close()
    this.decoded.clear()
    this.smalls.clear()
    this.kept.clear()
  }

  private get shown(): Slide | null {
    const paper = this.state ? shownPage(this.state).page?.paper : null
    return paper && 'courseware' in paper ? { courseware: paper.courseware, slide: paper.slide } : null
  }

  private picture(one: Slide): CanvasImageSource | null {
    const bitmap = this.decoded.get(keyOf(one))
    this.drawn.set(keyOf(one), performance.now())
    if (!bitmap) void this.decode(one)
    return bitmap ?? null
  }

  private smallOf(one: Slide): CanvasImageSource | null {
    const key = keyOf(one)
    if (!this.smalls.has(key)) void this.shrink(one, key)
    return this.smalls.get(key) ?? null
  }

  private async shrink(one: Slide, key: string): Promise<void> {
    const box = this.boxesOf(one)[0]
    if (box === undefined) return
    this.smalls.set(key, null)
    try {
      const picture = await load(slideAddress(this.base, one.courseware, one.slide, box))
      if (!picture || !sizeOf(picture)) return
      const bitmap = await createImageBitmap(picture)
      if (!this.smalls.has(key)) return bitmap.close()
      this.smalls.set(key, bitmap)
      this.small = (courseware, slide) => this.smallOf({ courseware, slide })
    } catch {
      this.smalls.delete(key) // asked for again when it is next to be seen
    }
  }

  private async fetchAhead(): Promise<void> {
    this.fetching = true
    for (;;) {
      const { courseware = {} } = this.state ?? {}
      const next = this.closed ? undefined : order(courseware, this.shown).find((one) => !this.kept.has(keyOf(one)))
      if (!next || this.bytes > KEPT_BYTES) break
      if (!(await this.fetch(next))) {
        this.again = setTimeout(() => void this.fetchAhead(), AGAIN_MS)
        return
      }
      this.decodeAround()
    }
    this.fetching = false
  }

  private async fetch(one: Slide): Promise<Fetched | null> {
    const box = boxFor(this.boxesOf(one), this.pixels())
    try {
      const blob = await load(slideAddress(this.base, one.courseware, one.slide, box))
      if (blob && !this.closed && !this.kept.has(keyOf(one))) {
        this.kept.set(keyOf(one), blob)
        this.bytes += sizeOf(blob)
        this.here = { ...this.here, [one.courseware]: (this.here[one.courseware] ?? 0) + 1 }
      }
      return blob
    } catch {
      return null
    }
  }

  private boxesOf({ courseware }: Slide): readonly number[] {
    return this.state?.courseware[courseware]?.boxes ?? PHOTO_BOXES
  }

  private decodeAround(): void {
    const { shown } = this
    const slides = shown && this.state?.courseware[shown.courseware]?.slides
    if (!shown || !slides) return
    for (const by of [0, 1, -1]) {
      const one = { ...shown, slide: shown.slide + by }
      if (one.slide >= 1 && one.slide <= slides && (by === 0 || this.kept.has(keyOf(one)))) void this.decode(one)
    }
  }

  private async decode(one: Slide): Promise<void> {
    const key = keyOf(one)
    if (this.closed || this.decoded.has(key) || this.decoding.has(key)) return
    this.decoding.add(key)
    try {
      const blob = this.kept.get(key) ?? (await this.fetch(one))
      if (!blob || !sizeOf(blob)) return
      const bitmap = await createImageBitmap(blob)
      if (this.closed) return bitmap.close()
      this.decoded.set(key, bitmap)
      const { near } = this
      for (const old of [...this.decoded.keys()]) {
        const lately = performance.now() - (this.drawn.get(old) ?? 0) < DRAWN_MS
        if (this.decoded.size > DECODED && !near.has(old) && !lately) this.drop(old)
      }
      this.pictures = (courseware, slide) => this.picture({ courseware, slide })
    } catch {
      // A browser that cannot decode it shows the page without.
    } finally {
      this.decoding.delete(key)
    }
  }

  /** What is on the page that is shown, and the slides beside it. */
  private get near(): Set<string> {
    const page = this.state && shownPage(this.state).page
    if (!page) return new Set()
    const beside = this.shown
      ? [
          { ...this.shown, slide: this.shown.slide - 1 },
          { ...this.shown, slide: this.shown.slide + 1 },
        ]
      : []
    return new Set([...slidesOn(page), ...beside].map(keyOf))
  }

  private drop(key: string): void {
    this.decoded.get(key)?.close()
    this.decoded.delete(key)
  }

  private forget(key: string): void {
    const before = this.kept.get(key)
    this.bytes -= before ? sizeOf(before) : 0
    this.kept.delete(key)
    this.drop(key)
    this.smalls.get(key)?.close()
    this.smalls.delete(key)
    this.here = Object.fromEntries(Object.entries(this.here).filter(([one]) => !key.startsWith(`${one}/`)))
  }
}
