import { Manager, type Socket } from 'socket.io-client'

import type { Ack, CommandMessage, Event, Refused, Signal, SnapshotMessage } from '../generated/protocol.ts'
import { Silence } from './silence.ts'

/** Why a line is no more: `unheard`, nobody answered. */
export interface End {
  code?: string
  message: string
  unheard: boolean
}

export interface Ears {
  /** Something came, whatever it is; also the first thing, that the socket is open. */
  heard: (line: Line) => void
  snapshot: (line: Line, snapshot: SnapshotMessage) => void
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
  private readonly manager: Manager
  private readonly socket: Socket
  private closed = false

  constructor(url: string | undefined, patience: number, auth: () => object, ears: Ears) {
    this.manager = new Manager(url, {
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
      timeout: patience,
    })
    this.manager.on('open', () => {
      const heard = () => {
        if (this.closed) return
        this.silence.heard(performance.now())
        ears.heard(this)
      }
      this.manager.engine.on('packet', heard)
      heard()
      this.isOpen = true
    })
    this.socket = this.manager.socket('/lesson', { auth: (give) => give(auth()) })
    this.socket.on('snapshot', (snapshot: SnapshotMessage) => ears.snapshot(this, snapshot))
    this.socket.on('events', (events: Event[]) => ears.events(this, events))
    this.socket.on('signal', (signal: Signal) => ears.signal(signal))
    const end = (code: string | undefined, message: string) => {
      if (this.closed) return
      this.close()
      ears.ended(this, { ...(code ? { code } : {}), message, unheard: message === 'timeout' })
    }
    this.socket.on('connect_error', (error) => end((error as { data?: { code?: string } }).data?.code, error.message))
    this.socket.on('disconnect', () => end(undefined, ''))
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
    this.socket.disconnect()
    this.manager.engine?.close()
  }
}
