/**
 * Plays the tracks of a recording together. Every track stands on the lesson's clock (`start_ms`, `end_ms`); one of them, a
 * picture if there is one, drives that clock, the others follow it. Where nothing was recorded the clock runs by itself.
 */

import type Hls from 'hls.js/light'
import type { Track } from '../../net/api'
import { covers } from '../../media/tracks'

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2]

/** Another track further off than this is set right at once; nearer, it is led back by its speed. */
const JUMP_S = 0.25
const NUDGE_S = 0.04

interface Playing {
  track: Track
  element: HTMLMediaElement
  hls: Hls | null
}

export class Player {
  readonly from: number
  readonly to: number
  /** Milliseconds of the lesson's clock. */
  at = $state(0)
  playing = $state(false)
  waiting = $state(false)
  refused = $state(false)
  failed = $state(false)
  rate = $state(1)
  private readonly all: Playing[] = []
  private frame = 0
  private last = 0

  constructor(tracks: readonly Track[], durationMs: number) {
    this.from = tracks.length ? Math.min(...tracks.map(({ start_ms }) => start_ms)) : 0
    this.to = Math.max(
      this.from,
      tracks.length ? Math.max(...tracks.map((track) => track.end_ms ?? durationMs)) : durationMs,
    )
    this.at = this.from
  }

  async add(track: Track, element: HTMLMediaElement): Promise<void> {
    const entry: Playing = { track, element, hls: null }
    this.all.push(entry)
    this.all.sort((a, b) => order(a.track) - order(b.track))
    const { default: Library } = await import('hls.js/light')
    if (Library.isSupported()) {
      entry.hls = new Library({ startPosition: 0, maxBufferLength: 20, enableWorker: false })
      entry.hls.on(Library.Events.ERROR, (_event, data) => {
        if (!data.fatal) return
        if (data.type === Library.ErrorTypes.MEDIA_ERROR) entry.hls?.recoverMediaError()
        else this.failed = true
      })
      entry.hls.loadSource(track.playlist)
      entry.hls.attachMedia(element)
    } else {
      element.src = track.playlist
    }
    this.frame ||= requestAnimationFrame(this.tick)
  }

  remove(element: HTMLMediaElement): void {
    const index = this.all.findIndex((entry) => entry.element === element)
    this.all[index]?.hls?.destroy()
    if (index >= 0) this.all.splice(index, 1)
  }

  close(): void {
    cancelAnimationFrame(this.frame)
    for (const { hls } of this.all) hls?.destroy()
  }

  play(): void {
    if (this.at >= this.to) this.seek(this.from)
    this.refused = false
    this.playing = true
  }

  pause(): void {
    this.playing = false
    for (const { element } of this.all) element.pause()
  }

  toggle(): void {
    if (this.playing) this.pause()
    else this.play()
  }

  seek(at: number): void {
    this.at = Math.min(this.to, Math.max(this.from, at))
    for (const { track, element } of this.all) {
      if (covers(track, this.at)) element.currentTime = (this.at - track.start_ms) / 1000
      else element.pause()
    }
  }

  /** The next of the speeds, up or down. */
  speed(by: 1 | -1): void {
    const index = RATES.indexOf(this.rate) + by
    this.rate = RATES[Math.min(RATES.length - 1, Math.max(0, index))] ?? 1
  }

  private readonly tick = (now: number): void => {
    const passed = this.last ? Math.min(500, now - this.last) : 0
    this.last = now
    this.frame = requestAnimationFrame(this.tick)
    const master = this.all.find(({ track, element }) => covers(track, this.at) && !element.ended && !element.error)
    if (this.playing) {
      if (!master) {
        this.waiting = false
        this.at += passed * this.rate
      } else {
        this.keep(master)
        const { element } = master
        this.waiting = element.seeking || element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA
        if (!element.seeking && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
          this.at = master.track.start_ms + element.currentTime * 1000
        }
      }
      if (this.at >= this.to) {
        this.at = this.to
        this.pause()
      }
    } else if (master && !master.element.seeking && master.element.readyState >= HTMLMediaElement.HAVE_METADATA) {
      const wanted = (this.at - master.track.start_ms) / 1000
      if (Math.abs(master.element.currentTime - wanted) > JUMP_S) master.element.currentTime = wanted
    }
    for (const entry of this.all) if (entry !== master) this.follow(entry)
  }

  private keep({ track, element }: Playing): void {
    if (element.playbackRate !== this.rate) element.playbackRate = this.rate
    if (!element.paused) return
    const wanted = (this.at - track.start_ms) / 1000
    if (Math.abs(element.currentTime - wanted) > JUMP_S) element.currentTime = wanted
    element.play().catch((fault: DOMException) => {
      if (fault.name !== 'NotAllowedError') return
      this.refused = true
      this.pause()
    })
  }

  private follow({ track, element }: Playing): void {
    if (!this.playing || this.waiting || !covers(track, this.at) || element.error) {
      if (!element.paused) element.pause()
      return
    }
    const off = (this.at - track.start_ms) / 1000 - element.currentTime
    if (Math.abs(off) > JUMP_S) {
      if (!element.seeking) element.currentTime += off
    }
    const rate = Math.abs(off) > NUDGE_S && Math.abs(off) <= JUMP_S ? this.rate * (off > 0 ? 1.05 : 0.95) : this.rate
    if (element.playbackRate !== rate) element.playbackRate = rate
    if (element.paused) element.play().catch(() => undefined)
  }
}

/** The lead's picture drives the clock if there is one, then any picture, then sound. */
function order(track: Track): number {
  if (track.kind === 'audio') return 10
  return ['camera', 'courseware'].indexOf(track.source) >= 0 ? ['camera', 'courseware'].indexOf(track.source) : 5
}
