import { Manager, type Socket } from 'socket.io-client'

import type { Ack, CommandMessage, Event, Refused, Signal, SnapshotMessage, State } from '../generated/protocol.ts'
import { Silence } from './silence.ts'
import { fetched, NotFetched } from './snapshot.ts'

/** Why a line is no more: `unheard`, nobody answered. */
export interface End {
  code?: string
  message: string
  unheard: boolean
}

export interface Ears {
  /** Something came, whatever it is; also the first thing, that the socket is open. */
  heard: (line: Line) => void
  snapshot: (line: Line, state: State) => void
  events: (line: Line, events: Event[]) => void
  signal: (signal: Signal) => void
  /** By the other end; not by `close`. */
  ended: (line: Line, end: End) => void
}

/** One socket to the server, from its opening to its end. */
export class Line {
  readonly began = performance.now()
  readonly silence = new Silence(this.began)
  isOpen = false
  /** Commands that went by this line and have no answer yet. */
  readonly inFlight = new Set<string>()
  /** When it last came nearer to being in step. */
  nearer = this.began
  private readonly url: string
  private readonly token: string
  private readonly ears: Ears
  private readonly manager: Manager
  private readonly socket: Socket
  private fetching: AbortController | null = null
  private lesson = ''
  /** What came after a snapshot that is being fetched. */
  private held: Event[] | null = null
  private closed = false

  /** `since` is the seq of the state that the page has, 0 for none. */
  constructor(url: string | undefined, patience: number, token: string, since: () => number, ears: Ears) {
    this.url = url ?? ''
    this.token = token
    this.ears = ears
    this.manager = new Manager(url, {
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
      timeout: patience,
    })
    this.manager.on('open', () => {
      this.manager.engine.on('packet', () => this.heard())
      this.heard()
      this.isOpen = true
    })
    const auth = () => (since() ? { token, since: since() } : { token })
    this.socket = this.manager.socket('/lesson', { auth: (give) => give(auth()) })
    this.socket.on('snapshot', (snapshot: SnapshotMessage) => {
      this.fetching?.abort() // that one is older
      this.held = null
      if (snapshot.state) ears.snapshot(this, snapshot.state)
      else void this.fetch(snapshot.seq)
    })
    this.socket.on('events', (events: Event[]) => {
      if (this.held) this.held.push(...events)
      else ears.events(this, events)
    })
    this.socket.on('signal', (said: Signal | Signal[]) => {
      for (const signal of Array.isArray(said) ? said : [said]) {
        if (signal.kind === 'welcome') this.lesson = signal.data.lesson
        ears.signal(signal)
      }
    })
    this.socket.on('connect_error', (error) =>
      this.end((error as { data?: { code?: string } }).data?.code, error.message),
    )
    this.socket.on('disconnect', () => this.end(undefined, ''))
    this.socket.connect()
  }

  command(message: CommandMessage, answered: (ack: Ack | Refused) => void): void {
    if (this.closed || this.inFlight.has(message.id)) return
    this.inFlight.add(message.id)
    this.socket.emit('command', message, (ack: Ack | Refused) => {
      this.inFlight.delete(message.id)
      if (!this.closed) answered(ack)
    })
  }

  signal(kind: string, data: unknown): void {
    this.socket.volatile.emit('signal', { kind, data })
  }

  /** Nothing more is heard of it. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.fetching?.abort()
    this.socket.disconnect()
    this.manager.engine?.close()
  }

  private heard(): void {
    if (this.closed) return
    this.silence.heard(performance.now())
    this.ears.heard(this)
  }

  /** Too large for the socket. It is at least as new as `seq`, or of a server that is behind ours. */
  private async fetch(seq: number): Promise<void> {
    const { signal } = (this.fetching = new AbortController())
    const held: Event[] = (this.held = [])
    const came = () => {
      this.nearer = performance.now()
      this.heard()
    }
    try {
      const address = `${this.url}/api/v1/lessons/${this.lesson}/snapshot`
      const state = await fetched(address, this.token, signal, came)
      if (signal.aborted) return
      if (state.seq < seq) throw new NotFetched()
      this.held = null
      this.ears.snapshot(this, state)
      if (held.length) this.ears.events(this, held)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof NotFetched)) throw error
      this.end(error.code, error.message)
    }
  }

  private end(code: string | undefined, message: string): void {
    if (this.closed) return
    this.close()
    this.ears.ended(this, { ...(code ? { code } : {}), message, unheard: message === 'timeout' })
  }
}
