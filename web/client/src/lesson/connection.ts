import type {
  Ack,
  CommandData,
  CommandMessage,
  Event,
  Refused,
  Signal,
  SignalData,
  State,
  Welcome,
} from '../generated/protocol.ts'
import { applyAll, EMPTY } from './apply.ts'
import { Attempts } from './attempts.ts'
import { LessonClock } from './clock.ts'
import { Line, type End } from './line.ts'
import { Outbox, uuid, type Shelf } from './outbox.ts'
import { LOOK_MS } from './silence.ts'

/** `offline` tries again by itself, whatever the server's `code` (`lesson_not_open`, say); `refused` does not: the token is
 * no good, or the lesson is over or not there. `since` is when the line was last heard, as of Date.now(). */
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

/** From the first packet, or the latest piece of a snapshot, to being in step, at most. */
const ENTER_MS = 10_000
const ASKED_MS = 4000
/** Commands that were not decided on, and votes that wait for others: the same again, a little later. */
const LATER = new Set(['too_often', 'owner_away', 'held'])
const LATER_MS = 1000
const STALE_MS = 300
/** Answers of others are folded, and told of, together with those that come within this time; or at once by who looks at
 * the state. */
const GATHER_MS = 50
const FATAL = new Set(['token_invalid', 'lesson_ended', 'not_allowed', 'not_found'])

const HINTS = ['online', 'offline', 'visibilitychange']
/** Where the browser says of what kind the network is, and when that changes. */
const network = () => (navigator as { connection?: EventTarget }).connection

interface Waiter {
  resolve: (seq: number) => void
  reject: (error: CommandRefused) => void
}

type SignalListener = (data: never, from: string | null) => void

/** One page's place in a lesson: what it knows (`state`), what it asks (`command`), and how its line is (`status`). */
export class Connection {
  status: Status = { name: 'connecting' }
  /** Who and where this page is; null until the first connection. */
  welcome: Welcome | null = null

  private folded: State = EMPTY
  /** What came and is not folded yet; and what nobody was told of. */
  private waiting: Event[] = []
  private untold: Event[] = []
  private telling: ReturnType<typeof setTimeout> | undefined
  private readonly options: Options
  private readonly outbox: Outbox
  private readonly clock = new LessonClock()
  private readonly waiters = new Map<string, Waiter>()
  private readonly listeners = new Set<(connection: Connection) => void>()
  private readonly eventListeners = new Set<(events: readonly Event[]) => void>()
  private readonly signalListeners = new Map<string, Set<SignalListener>>()
  private readonly attempts = new Attempts()
  private readonly ears = {
    heard: (line: Line) => this.heard(line),
    snapshot: (line: Line, state: State) => this.onSnapshot(line, state),
    events: (line: Line, events: Event[]) => this.receive(line, events),
    signal: (signal: Signal) => this.onSignal(signal),
    ended: (line: Line, end: End) => this.ended(line, end),
  }
  /** In step, or was when it fell silent: it is kept until another one is, for it may come back to life by itself. */
  private line: Line | null = null
  /** Being opened. */
  private next: Line | null = null
  private token: string | null = null
  private fetching = false
  /** By their ids: what is sent again a little later. */
  private readonly delayed = new Map<string, ReturnType<typeof setTimeout>>()
  private retry: ReturnType<typeof setTimeout> | undefined
  private asking: ReturnType<typeof setTimeout> | undefined
  private looking: ReturnType<typeof setInterval> | undefined
  private closed = true

  constructor(options: Options) {
    this.options = options
    this.outbox = new Outbox(options.outbox?.shelf, options.outbox?.key ?? '')
  }

  /** Connects, and stays connected until `close`. */
  start(): void {
    if (!this.closed) return
    this.closed = false
    for (const hint of HINTS) addEventListener(hint, this.hinted)
    network()?.addEventListener('change', this.hinted)
    this.looking = setInterval(() => this.look(), LOOK_MS)
    void this.attempt()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.telling)
    for (const hint of HINTS) removeEventListener(hint, this.hinted)
    network()?.removeEventListener('change', this.hinted)
    clearInterval(this.looking)
    clearTimeout(this.retry)
    clearTimeout(this.asking)
    this.line?.close()
    this.next?.close()
    this.line = this.next = null
  }

  /** The fold of everything this viewer was sent. Replaced, never changed in place. */
  get state(): State {
    if (this.waiting.length) {
      this.folded = applyAll(this.folded, this.waiting)
      this.waiting = []
    }
    return this.folded
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
  signal<K extends 'caret' | 'cursor' | 'ink' | 'view' | 'reaction' | 'devices'>(kind: K, data: SignalData[K]): void {
    if (this.status.name === 'online') this.line?.signal(kind, data)
  }

  /** There is reason to believe that a try succeeds now: media come again, or a question was answered, which took that
   * long. An opening that is older has lost a packet to the line when it was dead. */
  hurry(took = 0): void {
    if (this.closed || this.status.name !== 'offline') return
    this.attempts.reset()
    if (this.next) {
      if (this.next.isOpen || performance.now() - this.next.began < Math.max(STALE_MS, 2 * took)) return
      this.next.close()
      this.next = null
    }
    void this.attempt()
  }

  /** What the browser says about networks is often wrong, and says when to look. */
  private readonly hinted = (): void => {
    if (document.hidden) return
    this.line?.silence.doubt(performance.now())
    this.hurry()
  }

  private look(): void {
    const now = performance.now()
    const silent = this.line?.silence.look(now) ?? 0
    if (silent && this.status.name === 'online') {
      this.lost(Date.now() - silent)
      this.later(this.attempts.soon(Math.random()))
      this.ask()
      this.changed()
    }
    const { next } = this
    if (next?.isOpen && (next.silence.look(now) || now - next.nearer > ENTER_MS)) {
      next.close()
      this.ended(next, { message: '', unheard: true })
    }
  }

  private async attempt(): Promise<void> {
    if (this.closed || this.next || this.fetching) return
    clearTimeout(this.retry)
    this.fetching = true
    try {
      this.token = this.token ?? (await this.options.token())
    } catch (error) {
      if (error instanceof CommandRefused) return this.refuse(error.code, error.message)
      this.lost(Date.now())
      this.later(this.attempts.answered(Math.random()))
      return this.changed()
    } finally {
      this.fetching = false
    }
    if (this.closed || this.next || this.status.name === 'online') return
    this.next = new Line(this.options.url, this.attempts.patience, this.token, () => this.state.seq, this.ears)
  }

  private later(delay: number): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.attempt(), delay)
  }

  /** Asks whether the server can be reached, until something was heard. */
  private ask(): void {
    clearTimeout(this.asking)
    this.asking = setTimeout(() => {
      this.ask()
      const asked = performance.now()
      const question = new AbortController()
      const enough = setTimeout(() => question.abort(), ASKED_MS)
      fetch(`${this.options.url ?? ''}/healthz`, { cache: 'no-store', signal: question.signal })
        .then(({ ok }) => ok && this.hurry(performance.now() - asked))
        .catch(() => undefined)
        .finally(() => clearTimeout(enough))
    }, this.attempts.ask(Math.random()))
  }

  private heard(line: Line): void {
    clearTimeout(this.asking)
    if (!line.isOpen) this.attempts.opened(performance.now() - line.began)
    if (line !== this.line || this.status.name === 'online') return
    this.next?.close()
    this.next = null
    this.online()
    this.changed()
  }

  private ended(line: Line, { code, message, unheard }: End): void {
    const tried = line === this.next
    if (tried) this.next = null
    else if (line === this.line) this.line = null
    else return
    if (this.closed) return
    if (code === 'token_expired') this.token = null
    else if (code && FATAL.has(code)) return this.refuse(code, message)
    this.lost(Date.now(), code)
    if (unheard) this.ask()
    else if (tried) clearTimeout(this.asking) // an old line that is given up at last says nothing of the server
    if (!this.next) {
      const { attempts } = this
      this.later(unheard ? attempts.unheard(Math.random()) : attempts.answered(Math.random()))
    }
    this.changed()
  }

  private lost(at: number, code?: string): void {
    const since = this.status.name === 'offline' ? this.status.since : at
    this.status = code ? { name: 'offline', since, code } : { name: 'offline', since }
  }

  private refuse(code: string, message: string): void {
    this.close()
    this.status = { name: 'refused', code, message }
    this.changed()
  }

  /** This line is in step. */
  private settle(line: Line): void {
    if (line === this.next) {
      this.line?.close()
      this.line = line
      this.next = null
    }
    if (this.status.name !== 'online') this.online()
  }

  private online(): void {
    clearTimeout(this.retry)
    this.attempts.reset()
    this.status = { name: 'online' }
    for (const timer of this.delayed.values()) clearTimeout(timer)
    this.delayed.clear()
    for (const command of this.outbox.all) this.send(command)
  }

  private send(message: CommandMessage): void {
    if (this.status.name === 'online') this.line?.command(message, (ack) => this.onAck(message, ack))
  }

  private sendLater(message: CommandMessage): void {
    clearTimeout(this.delayed.get(message.id))
    this.delayed.set(
      message.id,
      setTimeout(() => {
        this.delayed.delete(message.id)
        this.send(message)
      }, LATER_MS),
    )
  }

  private onAck(message: CommandMessage, ack: Ack | Refused): void {
    if (!ack.ok && LATER.has(ack.error.code)) return this.sendLater(message)
    if (!ack.ok && ack.error.code === 'token_expired') return // the server closes the socket; it is sent again after
    this.outbox.remove(message.id)
    const waiter = this.waiters.get(message.id)
    this.waiters.delete(message.id)
    this.changed()
    if (ack.ok) waiter?.resolve(ack.seq)
    else waiter?.reject(new CommandRefused(ack.error.code, ack.error.message))
  }

  private onSnapshot(line: Line, state: State): void {
    this.tell()
    this.waiting = []
    this.folded = state
    this.settle(line)
    this.changed()
  }

  private receive(line: Line, events: Event[]): void {
    const local = performance.now()
    let last = this.waiting[this.waiting.length - 1]?.seq ?? this.folded.seq
    for (const event of events) {
      if (event.seq <= last) continue
      last = event.seq
      this.waiting.push(event)
      if (event.kind === 'lesson.started') this.clock.start(event.at, local)
      else if (event.kind === 'lesson.ended') this.clock.stop(event.at)
      else this.clock.heard(event.at, local)
    }
    this.untold.push(...events)
    this.settle(line)
    if (!events.length || events.some(({ kind }) => kind !== 'activity.answered')) this.tell()
    else this.telling ??= setTimeout(() => this.tell(), GATHER_MS)
  }

  private tell(): void {
    clearTimeout(this.telling)
    this.telling = undefined
    const events = this.untold
    this.untold = []
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
