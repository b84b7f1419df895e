import { io, type Socket } from 'socket.io-client'

import type {
  Ack,
  CommandData,
  CommandMessage,
  Event,
  Refused,
  Signal,
  SignalData,
  SnapshotMessage,
  State,
  Welcome,
} from '../generated/protocol.ts'
import { apply, EMPTY } from './apply.ts'
import { LessonClock } from './clock.ts'
import { Outbox, uuid, type Shelf } from './outbox.ts'

/** `offline` tries again by itself, whatever the server's `code` (`lesson_not_open`, say); `refused` does not: the token is
 * no good, or the lesson is over or not there. `since` is Date.now(). */
export type Status =
  | { readonly name: 'connecting' }
  | { readonly name: 'online' }
  | { readonly name: 'offline'; readonly since: number; readonly code?: string }
  | { readonly name: 'refused'; readonly code: string; readonly message: string }

export interface Options {
  /** A fresh lesson token (POST /api/v1/seats/{seat}/token). Asked for at the start and when the server says `token_expired`.
   * Throw a `CommandRefused` to end the connection as `refused`; anything else thrown is tried again. */
  token: () => Promise<string>
  /** The server's origin; this page's if absent. */
  url?: string
  /** Where commands that were not acknowledged wait, so that an answer survives a reload; `key` must name the seat. */
  outbox?: { shelf: Shelf; key: string }
}

/** The server's refusal of a command, with its stable code. */
export class CommandRefused extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'CommandRefused'
    this.code = code
  }
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 4000
const CONNECT_TIMEOUT_MS = 10_000
const TOO_OFTEN_MS = 1000
const FATAL = new Set(['token_invalid', 'lesson_ended', 'not_allowed', 'not_found'])

interface Waiter {
  resolve: (seq: number) => void
  reject: (error: CommandRefused) => void
}

type SignalListener = (data: never, from: string | null) => void

/** One page's place in a lesson: what it knows (`state`), what it asks (`command`), and how its line is (`status`). */
export class Connection {
  status: Status = { name: 'connecting' }
  /** The fold of everything this viewer was sent. Replaced, never changed in place. */
  state: State = EMPTY
  /** Who and where this page is; null until the first connection. */
  welcome: Welcome | null = null

  private readonly options: Options
  private readonly socket: Socket
  private readonly outbox: Outbox
  private readonly clock = new LessonClock()
  private readonly waiters = new Map<string, Waiter>()
  private readonly inFlight = new Set<string>()
  private readonly listeners = new Set<(connection: Connection) => void>()
  private readonly eventListeners = new Set<(events: readonly Event[]) => void>()
  private readonly signalListeners = new Map<string, Set<SignalListener>>()
  private token: string | null = null
  private attempts = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private watchdog: ReturnType<typeof setTimeout> | undefined
  private closed = true

  constructor(options: Options) {
    this.options = options
    this.outbox = new Outbox(options.outbox?.shelf, options.outbox?.key ?? '')
    this.socket = io((options.url ?? '') + '/lesson', {
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
      forceNew: true,
      timeout: CONNECT_TIMEOUT_MS,
      auth: (give) => give(this.state.seq ? { token: this.token, since: this.state.seq } : { token: this.token }),
    })
    this.socket.on('connect_error', (error) =>
      this.lost((error as { data?: { code?: string } }).data?.code, error.message),
    )
    this.socket.on('disconnect', () => this.lost())
    this.socket.on('snapshot', (snapshot: SnapshotMessage) => this.onSnapshot(snapshot))
    this.socket.on('events', (events: Event[]) => this.receive(events))
    this.socket.on('signal', (signal: Signal) => this.onSignal(signal))
  }

  /** Connects, and stays connected until `close`. */
  start(): void {
    if (!this.closed) return
    this.closed = false
    addEventListener('online', this.hurry)
    addEventListener('visibilitychange', this.hurry)
    void this.connect()
  }

  close(): void {
    this.closed = true
    removeEventListener('online', this.hurry)
    removeEventListener('visibilitychange', this.hurry)
    clearTimeout(this.retry)
    clearTimeout(this.watchdog)
    this.socket.disconnect()
  }

  /** Commands that are not acknowledged yet, oldest first: what the page may show as already done. */
  get pending(): readonly CommandMessage[] {
    return this.outbox.all
  }

  /** The lesson's clock now, in milliseconds; 0 before it starts. */
  now(): number {
    return this.clock.at(performance.now())
  }

  /** Called at once and after every change of `status`, `state`, `welcome` or `pending` (so it is a Svelte store). */
  subscribe(listener: (connection: Connection) => void): () => void {
    this.listeners.add(listener)
    listener(this)
    return () => this.listeners.delete(listener)
  }

  /** Each live batch of events, after it was folded; not called for a snapshot. */
  onEvents(listener: (events: readonly Event[]) => void): () => void {
    this.eventListeners.add(listener)
    return () => this.eventListeners.delete(listener)
  }

  /** Signals of a kind; `from` is the participant who sent it, null if the server did. */
  on<K extends keyof SignalData>(kind: K, listener: (data: SignalData[K], from: string | null) => void): () => void {
    const listeners = this.signalListeners.get(kind) ?? new Set()
    this.signalListeners.set(kind, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Asks for something. Resolves with the seq of its last event once it is committed, rejects with `CommandRefused`.
   * Sent again after a reconnection until there is an answer; the server does it once. */
  command<K extends keyof CommandData>(kind: K, data: CommandData[K]): Promise<number> {
    const message = { id: uuid(), kind, data } as CommandMessage
    return new Promise((resolve, reject) => {
      if (!this.outbox.add(message)) return reject(new CommandRefused('outbox_full', 'Too many commands are waiting.'))
      this.waiters.set(message.id, { resolve, reject })
      this.changed()
      this.send(message)
    })
  }

  /** Says something that may be lost; nothing happens while offline. */
  signal<K extends 'cursor' | 'ink' | 'reaction'>(kind: K, data: SignalData[K]): void {
    if (this.status.name === 'online') this.socket.volatile.emit('signal', { kind, data })
  }

  private readonly hurry = (): void => {
    if (this.status.name === 'offline' && !document.hidden) {
      this.attempts = 0
      void this.connect()
    }
  }

  private async connect(): Promise<void> {
    if (this.closed || this.socket.active) return
    clearTimeout(this.retry)
    clearTimeout(this.watchdog)
    this.retry = undefined
    this.watchdog = setTimeout(() => this.lost(), CONNECT_TIMEOUT_MS)
    try {
      this.token = this.token ?? (await this.options.token())
    } catch (error) {
      if (error instanceof CommandRefused) return this.refuse(error.code, error.message)
      return this.lost()
    }
    if (!this.closed && !this.socket.active) this.socket.connect()
  }

  private lost(code?: string, message = ''): void {
    if (this.closed || this.retry !== undefined) return
    clearTimeout(this.watchdog)
    this.inFlight.clear()
    if (code === 'token_expired') this.token = null
    else if (code && FATAL.has(code)) return this.refuse(code, message)
    const since = this.status.name === 'offline' ? this.status.since : Date.now()
    this.status = code ? { name: 'offline', since, code } : { name: 'offline', since }
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempts++)
    this.retry = setTimeout(() => void this.connect(), ceiling * (0.5 + Math.random() / 2))
    this.socket.disconnect() // without it the socket counts as active and cannot connect again
    this.changed()
  }

  private refuse(code: string, message: string): void {
    this.close()
    this.status = { name: 'refused', code, message }
    this.changed()
  }

  private online(): void {
    clearTimeout(this.watchdog)
    if (this.status.name === 'online') return
    this.attempts = 0
    this.status = { name: 'online' }
    for (const command of this.outbox.all) this.send(command)
  }

  private send(message: CommandMessage): void {
    if (this.status.name !== 'online' || this.inFlight.has(message.id)) return
    this.inFlight.add(message.id)
    this.socket.emit('command', message, (ack: Ack | Refused) => this.onAck(message, ack))
  }

  private onAck(message: CommandMessage, ack: Ack | Refused): void {
    this.inFlight.delete(message.id)
    if (!ack.ok && ack.error.code === 'too_often') return void setTimeout(() => this.send(message), TOO_OFTEN_MS)
    if (!ack.ok && ack.error.code === 'token_expired') return // the server closes the socket; it is sent again after
    this.outbox.remove(message.id)
    const waiter = this.waiters.get(message.id)
    this.waiters.delete(message.id)
    this.changed()
    if (ack.ok) waiter?.resolve(ack.seq)
    else waiter?.reject(new CommandRefused(ack.error.code, ack.error.message))
  }

  private onSnapshot(snapshot: SnapshotMessage): void {
    this.state = snapshot.state
    this.online()
    this.changed()
  }

  private receive(events: Event[]): void {
    const local = performance.now()
    for (const event of events) {
      if (event.seq <= this.state.seq) continue
      this.state = apply(this.state, event)
      if (event.kind === 'lesson.started') this.clock.start(event.at, local)
      else if (event.kind === 'lesson.ended') this.clock.stop(event.at)
      else this.clock.heard(event.at, local)
    }
    this.online()
    this.changed()
    if (events.length) for (const listener of this.eventListeners) listener(events)
  }

  private onSignal(signal: Signal): void {
    if (signal.kind === 'welcome') {
      this.welcome = signal.data
      this.clock.reset(signal.data.at, signal.data.running, performance.now())
    }
    for (const listener of this.signalListeners.get(signal.kind) ?? [])
      listener(signal.data as never, signal.from ?? null)
    if (signal.kind === 'welcome') this.changed()
  }

  private changed(): void {
    for (const listener of this.listeners) listener(this)
  }
}
