/** A display on two screens: this window shows the people and sounds, another one the work. */

export type Part = 'both' | 'people' | 'work'

const OFFERED_MS = 4000
const LOOK_MS = 1000
const WORK_WINDOW = 'tongke-work'

interface Place {
  left: number
  top: number
  width: number
  height: number
}

export class Screens {
  part = $state<Part>(asked())
  /** A pointer moved a moment ago: someone stands here who may want the other way. */
  offered = $state(false)
  private other: Window | null = null
  private hiding: ReturnType<typeof setTimeout> | undefined
  private watching: ReturnType<typeof setInterval> | undefined

  touched(): void {
    this.offered = true
    clearTimeout(this.hiding)
    this.hiding = setTimeout(() => (this.offered = false), OFFERED_MS)
  }

  /** On two screens, or again on one. */
  async swap(): Promise<void> {
    if (this.part === 'people') return this.join()
    const place = await elsewhere()
    const features = place ? `left=${place.left},top=${place.top},width=${place.width},height=${place.height}` : 'popup'
    this.other = window.open(address('work'), WORK_WINDOW, features)
    // A browser that opens no second window leaves everything on this one.
    if (!this.other) return
    this.show('people')
    this.watching = setInterval(() => this.other?.closed && this.join(), LOOK_MS)
  }

  private join(): void {
    clearInterval(this.watching)
    this.other?.close()
    this.other = null
    this.show('both')
  }

  private show(part: Part): void {
    this.part = part
    history.replaceState(history.state, '', address(part))
  }
}

function asked(): Part {
  const part = new URLSearchParams(location.search).get('screen')
  return part === 'people' || part === 'work' ? part : 'both'
}

function address(part: Part): string {
  const there = new URL(location.href)
  if (part === 'both') there.searchParams.delete('screen')
  else there.searchParams.set('screen', part)
  return there.pathname + there.search
}

/** The other screen's place, where the browser tells it and may (Window Management); else null. */
async function elsewhere(): Promise<Place | null> {
  type Details = {
    currentScreen: unknown
    screens: { availLeft: number; availTop: number; availWidth: number; availHeight: number }[]
  }
  const ask = (window as { getScreenDetails?: () => Promise<Details> }).getScreenDetails
  if (!ask) return null
  try {
    const { currentScreen, screens } = await ask.call(window)
    const other = screens.find((screen) => screen !== currentScreen)
    return other
      ? { left: other.availLeft, top: other.availTop, width: other.availWidth, height: other.availHeight }
      : null
  } catch {
    // Not allowed: the window opens here, and can be moved by hand.
    return null
  }
}
