/**
 * Plays the tracks of a recording together. Every track stands on the lesson's clock (`start_ms`, `end_ms`); one of them, a
 * picture if there is one, drives that clock, the others follow it. Where nothing was recorded the clock runs by itself.
 * What an edit leaves out is stepped over. A recording that still grows (`end_ms` null) moves `to`.
 */

import type { Track } from '../../net/api'
import { after, closed, joined, opened, type Cut } from './cuts'
import { span } from './laying'
import { Medium } from './medium'

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3]

/** What comes after a moment that is sought waits for it so long; where pictures are few, some of them are needed first. */
const HURRY_MS = 1000
/** Waiting for longer is said to be the line's fault. */
const SLOW_MS = 2500
/** Where the page is not seen no frame is drawn, and the clock is looked at this often. */
const UNSEEN_MS = 250
const BUFFERED_MS = 500
/** Where the recording grows, its end is no place to be: this much before it there is something. */
const EDGE_MS = 1000

export type Fault = 'away' | 'gone' | 'unplayable'

export class Player {
  /** The first and the last moment that there is, in ms of the lesson's clock, as `at` is. */
  from = $state(0)
  to = $state(0)
  at = $state(0)
  playing = $state(false)
  waiting = $state(false)
  slow = $state(false)
  /** The browser wants to be touched first. */
  refused = $state(false)
  fault = $state<Fault | null>(null)
  /** So often a piece was refused, or not there. */
  missed = $state(0)
  rate = $state(1)
  volume = $state(1)
  muted = $state(false)
  growing = $state(false)
  cuts = $state.raw<readonly Cut[]>([])
  /** Stretches that are stepped over in playing, and can be gone to. */
  skips = $state.raw<readonly Cut[]>([])
  /** What of the leading picture is here. */
  buffered = $state.raw<readonly Cut[]>([])

  private readonly all: Medium[] = []
  private leading: Medium | null = null
  /** Somebody went to a moment, where nobody is yet. */
  private aims = false
  private aimedAt = 0
  private frame = 0
  private unseen = 0
  private last = 0
  private waitingSince = 0
  private looked = 0

  constructor(tracks: readonly Track[], durationMs: number | null, cuts: readonly Cut[] = []) {
    this.update(tracks, durationMs, cuts)
    this.at = this.from
  }

  /** More was recorded, or another edit was made. `durationMs` is null while it is still being recorded. */
  update(tracks: readonly Track[], durationMs: number | null, cuts: readonly Cut[] = this.cuts): void {
    this.cuts = cuts
    this.growing = durationMs === null
    for (const medium of this.all) medium.track = tracks.find(({ id }) => id === medium.track.id) ?? medium.track
    const [from, to] = span({ tracks, duration_ms: durationMs, cuts })
    this.from = from
    this.to = this.growing ? Math.max(this.to, to) : to
    this.at = this.held(this.at)
  }

  add(track: Track, element: HTMLMediaElement): void {
    const medium = new Medium(track, element, this.at, this.cuts, {
      lost: (why) => {
        this.fault = why
        this.missed += 1
      },
      missed: () => (this.missed += 1),
      away: (away) => (this.fault = away ? 'away' : this.fault === 'away' ? null : this.fault),
      grew: (to) => this.growing && (this.to = Math.max(this.to, to)),
      refused: () => this.refuse(),
    })
    this.all.push(medium)
    this.all.sort((a, b) => order(a.track) - order(b.track))
    this.louder()
    if (this.frame) return
    this.frame = requestAnimationFrame(this.tick)
    this.unseen = window.setInterval(() => document.hidden && this.step(performance.now()), UNSEEN_MS)
  }

  remove(element: HTMLMediaElement): void {
    const index = this.all.findIndex((medium) => medium.element === element)
    const [medium] = index < 0 ? [] : this.all.splice(index, 1)
    medium?.destroy()
    if (medium === this.leading) this.leading = null
  }

  close(): void {
    cancelAnimationFrame(this.frame)
    clearInterval(this.unseen)
    for (const medium of this.all) medium.destroy()
  }

  play(): void {
    if (this.at >= this.to && !this.growing) this.seek(this.from)
    this.refused = false
    this.playing = true
  }

  pause(): void {
    this.playing = this.waiting = this.slow = false
    for (const medium of this.all) medium.pause()
  }

  toggle(): void {
    if (this.playing) this.pause()
    else this.play()
  }

  /** To a moment of the lesson. Media follow with the next frame; of several wishes the last one counts. */
  seek(at: number): void {
    this.at = this.held(at)
    this.aims = true
  }

  /** By so much of what is shown: over what is left out it costs nothing. */
  leap(byMs: number): void {
    this.seek(this.moment(this.shown(this.at) + byMs))
  }

  /** The next of the speeds, up or down. */
  speed(by: 1 | -1): void {
    const index = RATES.indexOf(this.rate) + by
    this.rate = RATES[Math.min(RATES.length - 1, Math.max(0, index))] ?? 1
  }

  louder(by = 0): void {
    if (by) [this.volume, this.muted] = [Math.min(1, Math.max(0, this.volume + by)), false]
    for (const { element, track } of this.all) {
      if (track.kind === 'audio') [element.volume, element.muted] = [this.volume, this.muted]
    }
  }

  mute(on = !this.muted): void {
    this.muted = on
    this.louder()
  }

  /** A moment as it is told: ms from the beginning, without what is left out. */
  shown(at: number): number {
    return closed(this.cuts, at) - closed(this.cuts, this.from)
  }

  /** The moment of the lesson that is told so. */
  moment(shown: number): number {
    return this.held(opened(this.cuts, shown + closed(this.cuts, this.from)))
  }

  get length(): number {
    return this.shown(this.to)
  }

  private held(at: number): number {
    return Math.min(this.to, Math.max(this.from, after(this.cuts, at)))
  }

  private refuse(): void {
    this.refused = true
    this.pause()
  }

  private readonly tick = (now: number): void => {
    this.frame = requestAnimationFrame(this.tick)
    this.step(now)
  }

  private step(now: number): void {
    const passed = this.last ? Math.min(500, Math.max(0, now - this.last)) : 0
    this.last = now
    const here = this.all.filter((medium) => medium.has(this.at))
    const paces = here.map((medium) => medium.pace(this.at, now))
    const stalls = paces.includes('waits')
    const [leader = null] = here.filter((_, i) => paces[i] !== 'lags')
    if (this.playing && !this.aims) this.advance(leader, stalls, passed)
    const { aims } = this
    this.aims = false
    if (aims) this.aimedAt = now
    const hurry = aims || (stalls && now - this.aimedAt < HURRY_MS)
    this.wait(this.playing && stalls, now)
    this.leading = leader
    for (const medium of this.all) {
      medium.hurry(hurry)
      if (!medium.has(this.at)) medium.pause()
      else if (!this.playing || stalls || aims) medium.rest(this.at)
      else if (medium === leader) medium.lead(this.at, this.rate)
      else medium.follow(this.at, this.rate)
    }
    if (now - this.looked > BUFFERED_MS) this.look(leader, now)
  }

  private advance(leader: Medium | null, stalls: boolean, passed: number): void {
    // One that has just begun to lead is first brought to where the clock is.
    if (leader && leader === this.leading && !stalls) this.at = Math.max(this.from, leader.at)
    else if (!leader) this.at += passed * this.rate
    const next = after(this.skips.length ? joined(this.cuts, this.skips) : this.cuts, this.at)
    if (next !== this.at) this.seek(next)
    if (this.at < this.to) return
    if (this.growing) this.seek(this.to - EDGE_MS)
    else {
      this.at = this.to
      this.pause()
    }
  }

  private wait(waiting: boolean, now: number): void {
    if (!waiting) this.waitingSince = 0
    else this.waitingSince ||= now
    this.waiting = waiting && now - this.waitingSince > 300
    this.slow = waiting && now - this.waitingSince > SLOW_MS
  }

  private look(leader: Medium | null, now: number): void {
    this.looked = now
    const buffered = leader?.buffered ?? []
    if (String(buffered) !== String(this.buffered)) this.buffered = buffered
  }
}

/** The lead's picture drives the clock if there is one, then any picture, then sound. */
function order(track: Track): number {
  if (track.kind === 'audio') return 10
  const place = ['camera', 'courseware'].indexOf(track.source)
  return place < 0 ? 5 : place
}
