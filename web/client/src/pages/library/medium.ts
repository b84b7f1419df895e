/** One track of a recording in a media element, on the lesson's clock. */

import { Follower } from '../../media/follow'
import { attach, type Attached, type Lost } from '../../media/hls'
import { Shown } from '../../media/shown'
import { covers, playable } from '../../media/tracks'
import type { Track } from '../../net/api'
import { closed, opened, type Cut } from './cuts'

/** Nearer to its end than this, a track has nothing more to come. */
const END_MS = 250
/** A voice that does not come is waited for so long; then the picture goes on without. */
const PATIENCE_MS = 4000
const NEAR_MS = 150
/** A picture of later than where a video stands is not taken for a mistake sooner than this. */
const LATER_MS = 20
const SETTLED_MS = 100
/** The library takes a stretch that the browser threw away for one that is there, and steps over it: tried so often. */
const MOST_AIMS = 3

export interface Told {
  lost(why: Lost): void
  away(away: boolean): void
  missed(): void
  /** What there is of it ends at this moment of the lesson. */
  grew(to_ms: number): void
  refused(): void
}

export type Pace = 'goes' | 'waits' | 'lags'

export class Medium {
  private readonly follower: Follower
  private readonly shown: Shown
  private attached: Attached | null = null
  private broken = false
  private aimed = { place: -1, times: 0 }
  private since = 0
  private laterSince = 0

  constructor(
    public track: Track,
    readonly element: HTMLMediaElement,
    at: number,
    /** Over which its playlist closes. */
    private readonly cuts: readonly Cut[],
    private readonly told: Told,
  ) {
    this.follower = new Follower(element, () => this.play())
    this.shown = new Shown(element)
    this.attach(this.place(at))
  }

  private attach(place: number): void {
    this.attached?.close()
    const lost = (why: Lost): void => {
      this.broken = true
      this.told.lost(why)
    }
    this.attached = attach(this.element, playable(this.track), place / 1000, lost, {
      away: (away) => this.told.away(away),
      missed: () => this.told.missed(),
      grew: (edgeS) => this.told.grew(this.moment(edgeS)),
    })
  }

  /** Whether it has something at a moment: its last picture ends a little before the track does. */
  has(at: number): boolean {
    const over = this.element.ended && at >= this.at - NEAR_MS
    return !this.broken && !over && covers(this.track, at)
  }

  get ready(): boolean {
    return !this.element.seeking && this.element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA
  }

  /** Where it is, in ms of the lesson's clock. */
  get at(): number {
    return this.moment(this.element.currentTime)
  }

  /** Whether it goes on from there, has others wait, or is waited for no more: a sound is, with patience, not for ever. */
  pace(at: number, now: number): Pace {
    const { element, track } = this
    const near = track.end_ms !== null && at >= track.end_ms - END_MS
    const still = element.seeking || (element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !near && !element.ended)
    if (!still) this.since = 0
    else this.since ||= now
    if (!still) return 'goes'
    return track.kind === 'video' || now - this.since < PATIENCE_MS ? 'waits' : 'lags'
  }

  /** Whether it fetches only what is wanted now, so that this comes the sooner. What grows is fetched as it comes. */
  hurry(on: boolean): void {
    if (this.track.end_ms !== null) this.attached?.hurry(on)
  }

  /** Stands where the clock stands. */
  rest(at: number): void {
    const place = this.place(at)
    const before = this.element.currentTime
    this.follower.keep(place, null)
    const again = this.showsLater(place, performance.now())
    if (again) this.element.currentTime = place / 1000
    if (this.element.currentTime === before && !again) return
    this.aimed = { place, times: this.aimed.place === place ? this.aimed.times + 1 : 1 }
    const [ahead] = this.buffered.filter(([from]) => from > at)
    if (this.aimed.times <= MOST_AIMS || !ahead) return
    this.aimed.times = 0
    this.attach(place)
  }

  /**
   * Chromium ends a seek at the keyframe after its place where that one is here and what the place needs still comes; the
   * later picture stands then. What has come by now is sought again.
   */
  private showsLater(place: number, now: number): boolean {
    const { element, shown, aimed } = this
    const { buffered, seeking } = element
    const here = Array.from({ length: buffered.length }, (_, i) => i).some(
      (i) => buffered.start(i) * 1000 <= place && place < buffered.end(i) * 1000,
    )
    const later = !seeking && here && shown.atS !== null && shown.atS * 1000 > place + LATER_MS
    if (!later) this.laterSince = 0
    else this.laterSince ||= now
    if (!later || now - this.laterSince < SETTLED_MS) return false
    this.laterSince = 0
    return aimed.place !== place || aimed.times < MOST_AIMS
  }

  /** Goes with the clock. */
  follow(at: number, rate: number): void {
    this.follower.keep(this.place(at), rate)
  }

  /** Is the clock. */
  lead(at: number, rate: number): void {
    const { element } = this
    if (element.paused && Math.abs(this.at - at) > NEAR_MS) this.rest(at)
    if (element.playbackRate !== rate) element.playbackRate = rate
    if (element.paused) this.play()
  }

  pause(): void {
    if (!this.element.paused) this.element.pause()
  }

  /** In ms of the lesson's clock. */
  get buffered(): [number, number][] {
    const { buffered } = this.element
    return Array.from({ length: buffered.length }, (_, i) => [
      this.moment(buffered.start(i)),
      this.moment(buffered.end(i)),
    ])
  }

  destroy(): void {
    this.attached?.close()
  }

  /** Where in the element a moment of the lesson is, in ms. */
  private place(at: number): number {
    const place = closed(this.cuts, at) - closed(this.cuts, this.track.start_ms)
    return Math.max(place, (this.attached?.firstS ?? 0) * 1000)
  }

  private moment(placeS: number): number {
    return opened(this.cuts, placeS * 1000 + closed(this.cuts, this.track.start_ms))
  }

  private play(): void {
    this.element.play().catch((fault: DOMException) => {
      if (fault.name === 'NotAllowedError') this.told.refused()
    })
  }
}
