/** What part of a page is seen. Pure: places on the glass are shares of the board's width and height, 0 to 1. */

export const PAGE = { width: 1600, height: 900 }

/** The part's left, top and width in board units; its height follows, for board and page have the same form. */
export interface View {
  readonly x: number
  readonly y: number
  readonly width: number
}

export interface Place {
  readonly x: number
  readonly y: number
}

export const WHOLE: View = { x: 0, y: 0, width: PAGE.width }
const CLOSEST = PAGE.width / 8
const RATIO = PAGE.height / PAGE.width

export const same = (one: View, other: View): boolean =>
  one.x === other.x && one.y === other.y && one.width === other.width

export const isWhole = (view: View): boolean => view.width >= PAGE.width

/** The nearest view that shows nothing beside the page, to a tenth of a unit. */
export function held({ x, y, width }: View): View {
  const within = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value)) * 10) / 10
  const wide = Math.round(Math.min(PAGE.width, Math.max(CLOSEST, width)) * 10) / 10
  return { x: within(x, PAGE.width - wide), y: within(y, PAGE.height - wide * RATIO), width: wide }
}

/** Where on the page a place on the glass is. */
export const toPage = (view: View, at: Place): Place => ({
  x: view.x + at.x * view.width,
  y: view.y + at.y * view.width * RATIO,
})

/** Where on the glass a place on the page is. */
export const toGlass = (view: View, at: Place): Place => ({
  x: (at.x - view.x) / view.width,
  y: (at.y - view.y) / (view.width * RATIO),
})

/** Closer by `factor` (above 1), while what is under `about` on the glass stays there. */
export function zoomed(view: View, factor: number, about: Place): View {
  const width = Math.min(PAGE.width, Math.max(CLOSEST, view.width / factor))
  const fixed = toPage(view, about)
  return held({ x: fixed.x - about.x * width, y: fixed.y - about.y * width * RATIO, width })
}

/** Moved so that what was under `from` on the glass is under `to`. */
export const panned = (view: View, from: Place, to: Place): View =>
  held({
    x: view.x - (to.x - from.x) * view.width,
    y: view.y - (to.y - from.y) * view.width * RATIO,
    width: view.width,
  })

const middle = ([a, b]: readonly [Place, Place]): Place => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
const apart = ([a, b]: readonly [Place, Place]): number => Math.hypot(a.x - b.x, (a.y - b.y) * RATIO)

/** Two fingers: what was under their middle stays under it, and they hold the page where they touched it. */
export function pinched(view: View, from: readonly [Place, Place], to: readonly [Place, Place]): View {
  const closer = zoomed(view, apart(to) / Math.max(apart(from), 0.01), middle(from))
  return panned(closer, middle(from), middle(to))
}
