/**
 * A lesson that goes on, as far as it was recorded: its tracks as they grow and what happened in it, from below an address
 * with a key. Nothing of it needs a seat or a cookie, so that any cache may stand in between.
 */

import type { Event } from '../generated/protocol.ts'
import type { Track } from '../net/api'
import { Player } from '../pages/library/player.svelte'
import { Timeline } from '../pages/library/timeline'

/** A track while it grows; `seen`: from when to when (null: still) it is everyone's. */
export interface GrowingTrack extends Track {
  track: string
  mime: string
  seen: [number, number | null][]
}

export interface Told {
  at: number
  over: boolean
  recording: boolean
  tracks: GrowingTrack[]
}

interface Chunk {
  events: Event[]
  seq: number
  more: boolean
}

const CHUNK = 500
const LOOK_MS = 2000
/** So far behind what happens the live picture stands: three parts of the playlist, and what is on its way. */
export const BEHIND_MS = 3500
/** Further behind than this it is not live any more, or has to hurry. */
const LATE_MS = 2000
const LOST_MS = 4000
const HURRY = 1.1

export class Running {
  player = $state.raw<Player | null>(null)
  timeline = $state.raw<Timeline | null>(null)
  tracks = $state.raw<GrowingTrack[]>([])
  over = $state(false)
  recording = $state(true)
  /** The picture is to be as new as can be. */
  live = $state(false)
  /** It cannot be had: `gone` for good, `away` for now. */
  fault = $state<'gone' | 'away' | null>(null)
  private wanted: { at: number | null } | null = null
  private seq = 0
  private known: Timeline | null = null
  private told = { at: 0, when: 0 }
  private looking: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(readonly address: string) {}

  /** From `at` of the lesson's clock, or live. */
  async open(at: number | null): Promise<void> {
    void import('hls.js/light').catch(() => undefined)
    this.wanted = { at }
    await this.look()
    this.again()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.looking)
    this.player?.close()
  }

  /** The lesson's clock, ms. */
  now(): number {
    return this.told.at + (this.over ? 0 : performance.now() - this.told.when)
  }

  back(at: number): void {
    this.live = false
    if (this.player) this.player.rate = 1
    this.player?.seek(at)
  }

  golive(): void {
    this.live = true
    this.player?.seek(this.now() - BEHIND_MS)
    this.player?.play()
  }

  /** Keeps a live picture as new as it can be: a little faster while it is late, by a jump where it is far off. */
  keep(): void {
    const { player } = this
    if (!player || !this.live || this.over) return
    const late = this.now() - BEHIND_MS - player.at
    if (late > LOST_MS) this.golive()
    else player.rate = late > LATE_MS ? HURRY : late < LATE_MS / 4 ? 1 : player.rate
  }

  private again(): void {
    if (!this.closed && this.fault !== 'gone') this.looking = setTimeout(() => void this.looked(), LOOK_MS)
  }

  private async looked(): Promise<void> {
    await this.look()
    this.keep()
    this.again()
  }

  private async look(): Promise<void> {
    try {
      await Promise.all([this.lookAtTracks(), this.lookAtEvents()])
      this.fault = null
      this.begin()
    } catch (fault) {
      this.fault = fault instanceof Gone ? 'gone' : 'away'
    }
  }

  /** As soon as there is something to play: who comes with the first seconds of a lesson waits for them. */
  private begin(): void {
    if (!this.player || !this.wanted) return
    if (this.wanted.at === null) this.golive()
    else this.back(this.wanted.at)
    this.player.play()
    this.wanted = null
  }

  private async lookAtTracks(): Promise<void> {
    const told = await lookAt(this.address)
    this.told = { at: told.at, when: performance.now() }
    this.over = told.over
    this.recording = told.recording
    if (JSON.stringify(told.tracks) !== JSON.stringify(this.tracks)) this.tracks = told.tracks
    if (this.closed || !told.tracks.length) return
    const length = told.over ? Math.max(...told.tracks.map(({ start_ms, end_ms }) => end_ms ?? start_ms)) : null
    if (!this.player) this.player = new Player(told.tracks, length)
    else this.player.update(told.tracks, length)
    if (!told.over) this.player.to = Math.max(this.player.to, told.at - BEHIND_MS / 2)
  }

  private async lookAtEvents(): Promise<void> {
    const found: Event[] = []
    for (let more = true; more;) {
      const chunk = await fetched<Chunk>(`${this.address}/events/${Math.floor(this.seq / CHUNK)}`)
      found.push(...chunk.events.filter(({ seq }) => seq > this.seq))
      more = chunk.more && chunk.seq > this.seq
      this.seq = Math.max(this.seq, chunk.seq)
    }
    if (found.length || !this.known) this.timeline = this.known = new Timeline(found, this.known ?? undefined)
  }
}

class Gone extends Error {}

async function fetched<T>(path: string): Promise<T> {
  const answer = await fetch(path, { credentials: 'omit' })
  if (answer.status === 404) throw new Gone()
  if (!answer.ok) throw new Error(String(answer.status))
  return (await answer.json()) as T
}

export const lookAt = (address: string): Promise<Told> => fetched<Told>(`${address}/tracks.json`)

/** Those that may be seen at a moment. */
export const seenAt = (tracks: readonly GrowingTrack[], at: number): GrowingTrack[] =>
  tracks.filter(({ seen }) => seen.some(([from, to]) => from <= at && (to === null || at <= to)))
