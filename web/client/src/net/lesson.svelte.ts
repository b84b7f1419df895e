/** A page's lesson as runes: the connection's state, the ink and pictures of the moment, and what may be asked. */

import { tick } from 'svelte'
import type { CommandData, Event, SignalData, State } from '../generated/protocol.ts'
import { EMPTY } from '../lesson/apply.ts'
import { CommandRefused, Connection, type Status } from '../lesson/connection.ts'
import { uuid } from '../lesson/outbox.ts'
import type { Peer, PeerStatus } from '../media/peer'
import type { Publisher } from '../media/publish'
import { Receiver, type Showing } from '../media/receive'
import type { StrokeObject } from '../board/objects'
import { api, type TokenInfo } from './api'
import { Problem } from './request'
import { Calm } from './calm'
import type { Faults } from './faults'
import { voiceOf } from './groups'

/** What a sending connection of a page is for: who sits there, what is shared besides, or to talk with a group. */
export type Sends = 'self' | 'screen' | 'voice'
export type Tally = SignalData['tally']
/** A stroke that someone is drawing. */
export interface Growing extends StrokeObject {
  page: string
  heard: number
}
export interface Alarm {
  code: string
  at: number
}

/** What an alarm is about: what is known of it last takes the place of what was said before. */
const subject = (code: string): string => code.split('_')[0] ?? ''
const DISK = 'disk'

/** How often growing ink is told on, where the server says nothing; and for how long what it says holds. */
const QUICK_MS = 20
const PACE_MS = 10_000
/** Unfinished ink that nothing more was heard of is let go after this long. */
const STALE_INK_MS = 10_000
/** Of a stroke that grows: as long as a finished one may be. */
const MOST_NUMBERS = 8000
/** Strokes that were finished last: what is told of one of these comes late. */
const FINISHED_KEPT = 200
const LOSS_MS = 3000
const TOKEN_SPARE_MS = 60_000

/** How a component does what the lesson's connection is asked for; what goes wrong is shown by who gave it. */
export type Ask = (...args: Parameters<Lesson['ask']>) => Promise<unknown>

/** A short random id for pages, strokes, activities and messages. */
export const newId = (): string => uuid().replace(/-/g, '').slice(0, 16)

export class Lesson {
  readonly seat: string
  readonly connection: Connection
  state = $state.raw<State>(EMPTY)
  status = $state.raw<Status>({ name: 'connecting' })
  welcome = $state.raw<SignalData['welcome'] | null>(null)
  info = $state.raw<TokenInfo | null>(null)
  pending = $state.raw<readonly { id: string; kind: string; data: unknown }[]>([])
  tallies = $state.raw<Readonly<Record<string, Tally>>>({})
  growing = $state.raw<readonly Growing[]>([])
  private finished: readonly string[] = []
  private pace = { ms: QUICK_MS, until: 0 }
  private cursor = $state.raw<SignalData['cursor'] | null>(null)
  /** Where someone points on the page that is shown. */
  readonly pointer = $derived.by(() => (this.cursor?.page === this.state.board.shown ? this.cursor : null))
  /** The part of the page that the presenter shows, also while it moves. */
  private moving = $state.raw<SignalData['view'] | null>(null)
  readonly view = $derived.by(() =>
    this.moving?.page === this.state.board.shown ? this.moving : this.state.board.view,
  )
  /** By group, and under '' who is heard by all. */
  private heard = $state.raw<Readonly<Record<string, readonly string[]>>>({})
  /** Who is heard now, as far as this viewer may know: what was said of a group is so while they are in its voice. */
  readonly speaking = $derived.by(() =>
    Object.entries(this.heard).flatMap(([group, some]) =>
      some.filter((one) => (voiceOf(this.state, one) ?? '') === group),
    ),
  )
  /** What participants said is wrong with their devices, when they were last on stage. */
  faults = $state.raw<Readonly<Record<string, Faults>>>({})
  alarms = $state.raw<readonly Alarm[]>([])
  showing = $state.raw<readonly Showing[]>([])
  receiving = $state.raw<PeerStatus | null>(null)
  sending = $state.raw<PeerStatus | null>(null)
  /** What is sent to one's group. */
  voicing = $state.raw<PeerStatus | null>(null)
  /** Share of media packets that were lost lately; null where nothing is received. */
  loss = $state<number | null>(null)

  private receiver: Receiver | null = null
  /** The receiver whose pictures still stand while another one is on its way. */
  private leaving: Receiver | null = null
  private readonly publishers = new Map<Sends, Publisher>()
  private token: { info: TokenInfo; until: number } | null = null
  private wishes = ''
  private watch: ReturnType<typeof setInterval> | undefined

  constructor(
    seat: string,
    readonly id: string,
  ) {
    this.seat = seat
    this.connection = new Connection({
      token: () => this.fresh(),
      outbox: { shelf: sessionStorage, key: `outbox:${seat}` },
    })
    const calm = new Calm(
      EMPTY,
      (state) => (this.state = state),
      () => performance.now(),
      (then, ms) => setTimeout(then, ms),
    )
    this.connection.subscribe((connection) => {
      // What this page said itself is never seen to come and go.
      calm.take(connection.state, connection.pending.length !== this.pending.length)
      if (this.status.name === 'offline' && connection.status.name === 'online') {
        for (const peer of this.peers) void peer.revive()
      }
      this.status = connection.status
      this.welcome = connection.welcome
      this.pending = connection.pending
    })
    this.connection.onEvents((events) => this.happened(events))
    this.connection.on('ink', (data) => this.grew(data))
    this.connection.on('cursor', (data) => (this.cursor = data.page ? data : null))
    this.connection.on('view', (data) => (this.moving = data))
    this.connection.on('tally', (data) => (this.tallies = { ...this.tallies, [data.activity]: data }))
    this.connection.on('pace', (data) => (this.pace = { ms: data.ms, until: performance.now() + PACE_MS }))
    this.connection.on('speaking', ({ group, participants }) => {
      this.heard = { ...this.heard, [group ?? '']: participants }
    })
    this.connection.on('devices', (data, from) => {
      if (from) this.faults = { ...this.faults, [from]: data }
    })
    this.connection.on('alarm', (data) => {
      const others = this.alarms.filter(({ code }) => subject(code) !== subject(data.code))
      this.alarms = [...others, { code: data.code, at: Date.now() }]
    })
    this.connection.on('slots', (data) => this.receiver?.slots(data.peer, data.slots))
    this.connection.on('layers', (data) => {
      for (const publisher of this.publishers.values()) publisher.layers(data.peer, data.mid, data.rids)
    })
    this.connection.on('media', (data) => {
      for (const one of this.peers) {
        if (data.peer === null) one.renew()
        else if (one.peer === data.peer) one.gone()
      }
    })
  }

  start(): void {
    this.connection.start()
  }

  close(): void {
    this.connection.close()
    clearInterval(this.watch)
    for (const peer of this.peers) peer.close(!this.ended)
    this.part()
    this.receiver = null
    this.publishers.clear()
  }

  private get peers(): Peer[] {
    return [...(this.receiver ? [this.receiver] : []), ...this.publishers.values()]
  }

  /** The page's lesson token, from memory as long as it lasts. */
  readonly bearer = async (): Promise<string> => {
    if (this.token && performance.now() < this.token.until) return this.token.info.token
    return this.fresh()
  }

  private async fresh(): Promise<string> {
    let info: TokenInfo
    try {
      info = await api.token(this.seat)
    } catch (fault) {
      if (fault instanceof Problem && fault.code === 'wrong_phase') throw new CommandRefused('lesson_ended', '')
      if (fault instanceof Problem && [401, 403, 404].includes(fault.status)) throw new CommandRefused(fault.code, '')
      throw fault
    }
    this.info = info
    this.token = { info, until: performance.now() + info.expires_in * 1000 - TOKEN_SPARE_MS }
    return info.token
  }

  get me(): string {
    return this.welcome?.participant ?? this.info?.participant ?? ''
  }

  /** The lesson is over: by its journal, or because the server gives no more tokens for it. */
  get ended(): boolean {
    return this.state.phase === 'ended' || (this.status.name === 'refused' && this.status.code === 'lesson_ended')
  }

  get title(): string {
    return this.state.title || this.info?.title || ''
  }

  now(): number {
    return this.connection.now()
  }

  ask<K extends keyof CommandData>(kind: K, data: CommandData[K]): Promise<number> {
    return this.connection.command(kind, data)
  }

  /** The name to show for a participant; empty if it is not for this viewer, or erased. */
  nameOf(participant: string): string {
    return this.state.participants[participant]?.name ?? ''
  }

  /** Offers slots, for these sources if not for all; called again with the same wishes it changes nothing. */
  receive(video: number, audio: number, shows: readonly string[] | null = null): void {
    const wishes = JSON.stringify([video, audio, shows])
    if (this.receiver && this.wishes === wishes) return
    // A video whose connection is closed is black: the pictures of the last one stay up until others take their place.
    this.part()
    this.leaving = this.receiver
    this.wishes = wishes
    const receiver = new Receiver(
      {
        ...this.peerOptions,
        onStatus: (status) => {
          if (this.receiver !== receiver) return
          this.receiving = status
          if (status.name === 'full') this.showing = []
        },
        ...(shows ? { shows } : {}),
      },
      video,
      audio,
      (showing) => {
        if (this.receiver !== receiver) return
        this.showing = showing
        void tick().then(() => this.part())
      },
    )
    this.receiver = receiver
    receiver.start()
    clearInterval(this.watch)
    this.watch = setInterval(() => void this.receiver?.loss().then((loss) => (this.loss = loss)), LOSS_MS)
  }

  /** All live places are taken, so that the lesson is watched by HLS. */
  get full(): boolean {
    return this.receiving?.name === 'full'
  }

  /** Asks for a live place now: who is heard, or hears a group, gets one always. */
  enter(): void {
    if (this.full) this.receiver?.renew()
  }

  /** Nothing is received any more, until it is asked for again. */
  deafen(): void {
    this.part()
    this.receiver?.close()
    this.receiver = null
    this.showing = []
    this.receiving = null
    clearInterval(this.watch)
  }

  private part(): void {
    this.leaving?.close()
    this.leaving = null
  }

  /** What sends who sits at this page. */
  get own(): Publisher | undefined {
    return this.publishers.get('self')
  }

  publish(publisher: Publisher | null, sends: Sends = 'self'): void {
    this.publishers.get(sends)?.close()
    if (publisher) this.publishers.set(sends, publisher)
    else this.publishers.delete(sends)
    if (sends === 'self') this.sending = null
    if (sends === 'voice') this.voicing = null
    publisher?.start()
  }

  /** What a `Publisher` or a `Receiver` of this lesson needs to know. */
  get peerOptions() {
    return {
      lesson: this.id,
      token: this.bearer,
      iceServers: (this.welcome?.ice_servers ?? []) as unknown as RTCIceServer[],
      onStatus: (status: PeerStatus) => (this.sending = status),
      online: () => this.status.name === 'online',
      onLife: () => this.connection.hurry(),
    }
  }

  get tellMs(): number {
    return performance.now() < this.pace.until ? Math.max(QUICK_MS, this.pace.ms) : QUICK_MS
  }

  private grew({ stroke: object, points, ...data }: SignalData['ink']): void {
    if (this.finished.includes(object)) return // a late word of it
    const now = performance.now()
    const known = this.growing.find((ink) => ink.object === object)
    const others = this.growing.filter((ink) => ink !== known && now - ink.heard < STALE_INK_MS)
    const grown = [...(known?.points ?? []), ...points].slice(0, MOST_NUMBERS)
    // No more points: nothing comes of it.
    this.growing = points.length
      ? [...others, { ...data, object, type: 'stroke', began: 0, points: grown, heard: now }]
      : others
  }

  /** An alarm has been read, and is not shown any more. */
  heed(alarm: Alarm): void {
    this.alarms = this.alarms.filter((one) => one !== alarm)
  }

  private happened(events: readonly Event[]): void {
    const finished: string[] = []
    for (const { kind, data } of events) {
      if (kind === 'view.shown' || kind === 'page.shown') this.moving = null
      if (kind === 'recording.started') this.alarms = this.alarms.filter(({ code }) => subject(code) !== DISK)
      if (kind === 'stroke.added') finished.push((data as { stroke: string }).stroke)
    }
    if (!finished.length) return
    this.growing = this.growing.filter((ink) => !finished.includes(ink.object))
    this.finished = [...this.finished, ...finished].slice(-FINISHED_KEPT)
  }
}
