/** The page's receiving connection: a fixed set of slots, offered once; the server moves tracks between them. */

import type { SlotEntry } from '../generated/protocol.ts'
import { Peer, type PeerOptions } from './peer'

/** A track that this viewer gets: what it is, and the stream to play; null where this browser lacks its codec. */
export interface Showing extends SlotEntry {
  stream: MediaStream | null
  /** Changes when the connection behind the stream does. */
  epoch: number
}

export class Receiver extends Peer {
  private epoch = 0
  private streams = new Map<string, MediaStream>()
  private told: readonly SlotEntry[] | null = null

  constructor(
    options: Omit<PeerOptions, 'direction'>,
    private readonly video: number,
    private readonly audio: number,
    private readonly onShowing: (showing: Showing[]) => void,
  ) {
    super({ ...options, direction: 'receive' })
  }

  protected prepare(pc: RTCPeerConnection): void {
    this.epoch += 1
    this.streams = new Map()
    this.told = null
    for (let n = 0; n < this.audio; n++) pc.addTransceiver('audio', { direction: 'recvonly' })
    for (let n = 0; n < this.video; n++) pc.addTransceiver('video', { direction: 'recvonly' })
  }

  protected sources(): Record<string, string> {
    return {}
  }

  protected settled(pc: RTCPeerConnection): void {
    for (const { mid, receiver } of pc.getTransceivers()) {
      if (mid === null || this.streams.has(mid)) continue
      // Sound should not wait for a better moment: the least delay the network allows.
      if ('playoutDelayHint' in receiver) (receiver as { playoutDelayHint?: number }).playoutDelayHint = 0
      this.streams.set(mid, new MediaStream([receiver.track]))
    }
    this.show()
  }

  protected expectsBytes(): boolean {
    return (this.told?.length ?? 0) > 0
  }

  /** The server's `slots` signal. Signals for a connection of before are not for us. */
  slots(peer: string, slots: readonly SlotEntry[]): void {
    if (peer !== this.peer) return
    this.told = slots
    this.show()
  }

  private show(): void {
    // Told nothing yet about a new connection: the pictures of the last one stay up until it is.
    if (!this.told || !this.streams.size) return
    this.onShowing(
      this.told.map((slot) => ({ ...slot, stream: this.streams.get(slot.mid ?? '') ?? null, epoch: this.epoch })),
    )
  }

  private counted = { received: 0, lost: 0 }

  /** Share of packets lost since the last call, 0 to 1; null while nothing comes. */
  async loss(): Promise<number | null> {
    let received = 0
    let lost = 0
    for (const report of ((await this.stats()) ?? new Map<string, never>()).values()) {
      const stream = report as { type: string; packetsReceived?: number; packetsLost?: number }
      if (stream.type !== 'inbound-rtp') continue
      received += stream.packetsReceived ?? 0
      lost += stream.packetsLost ?? 0
    }
    const before = this.counted
    this.counted = { received, lost }
    const came = received - before.received
    const missed = Math.max(0, lost - before.lost)
    return came > 0 ? missed / (came + missed) : null
  }
}
