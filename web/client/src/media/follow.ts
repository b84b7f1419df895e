/** Leads a media element to where a clock says that it is: little by little, which nobody hears, or by a jump. */

const JUMP_MS = 150
const NEAR_MS = 15
const STILL_MS = 20
const CATCH_UP = 0.08
/** What browsers play at; beyond, they throw. */
const SLOWEST = 0.0625
const FASTEST = 16

export class Follower {
  private jumped = 0

  constructor(
    readonly element: HTMLMediaElement,
    private readonly play: () => void,
  ) {}

  /** `at`: where it is now, in milliseconds; `rate`: how fast it goes on, null where it rests there. */
  keep(at: number, rate: number | null): void {
    const { element } = this
    if (element.readyState < HTMLMediaElement.HAVE_METADATA) return
    const off = element.currentTime * 1000 - at
    if (rate === null) {
      if (!element.paused) element.pause()
      if (Math.abs(off) > STILL_MS && !element.seeking) element.currentTime = at / 1000
      return
    }
    if (Math.abs(off) > JUMP_MS * Math.max(1, rate) && !element.seeking) {
      // Where jumping itself took long, it lands that much further on.
      const late = performance.now() - this.jumped < 2000 ? Math.min(500, Math.max(0, -off)) : 0
      this.jumped = performance.now()
      element.currentTime = (at + late) / 1000
    }
    const nudge = Math.abs(off) < NEAR_MS ? 0 : Math.max(-CATCH_UP, Math.min(CATCH_UP, -off / 1000))
    const wanted = Math.max(SLOWEST, Math.min(FASTEST, rate * (1 + nudge)))
    if (Math.abs(element.playbackRate - wanted) > 0.005) element.playbackRate = wanted
    if (element.paused) this.play()
  }
}
