/** One peer connection to the server, kept alive: this page offers, the server answers (PUT …/peers/{peer}). */

import { api, Problem } from '../net/api'

/** `broken`: no way for media; `ports` are those it should go by, null where it is not them but the server that is away. */
export type PeerStatus =
  | { name: 'connecting' }
  | { name: 'connected' }
  | { name: 'broken'; since: number; ports: string[] | null }
  | { name: 'refused'; code: string }

export interface PeerOptions {
  lesson: string
  /** The page's lesson token, fresh. */
  token: () => Promise<string>
  direction: 'send' | 'receive'
  iceServers: RTCIceServer[]
  onStatus: (status: PeerStatus) => void
  /** The sources that a receiving connection is for; all of them if absent. */
  shows?: readonly string[]
}

const BACKOFF_MS = [500, 1000, 2000, 4000, 8000]
/** After this long without a connection an ICE restart has not helped, and a new connection is made. */
const CONNECT_MS = 15_000
const DISCONNECTED_MS = 2000
const WATCH_MS = 2000
const STILL_MS = 6000
const REVIVE_MS = 1500

let made = 0

export abstract class Peer {
  /** The peer's name on the server; a new one for every connection. */
  peer = ''
  protected pc: RTCPeerConnection | null = null
  private revision = 0
  private fingerprint = ''
  private ports: string[] = []
  private attempts = 0
  private closed = false
  private running: Promise<void> | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private deadline: ReturnType<typeof setTimeout> | undefined
  private watch: ReturnType<typeof setInterval> | undefined
  private bytes = -1
  private stillFor = 0
  private brokenSince = 0
  /** The server has this peer, as far as we know. */
  private stands = false

  constructor(protected readonly options: PeerOptions) {}

  /** Adds the sections of a new connection. */
  protected abstract prepare(pc: RTCPeerConnection): void
  /** What each sending section shows, by mid; empty for a receiver. */
  protected abstract sources(pc: RTCPeerConnection): Record<string, string>
  /** The answer is in place. */
  protected abstract settled(pc: RTCPeerConnection): Promise<void> | void
  /** Whether bytes must be arriving now, so that silence means a dead path. */
  protected abstract expectsBytes(): boolean

  start(): void {
    this.watch = setInterval(() => void this.look(), WATCH_MS)
    void this.again(true)
  }

  /** `tell` false: the server has let go of the peer already. */
  close(tell = true): void {
    this.closed = true
    if (!tell) this.stands = false
    clearTimeout(this.retry)
    clearTimeout(this.deadline)
    clearInterval(this.watch)
    this.drop()
  }

  /** The server says it has let the peer go: silent, lost with its worker, or never reached. */
  gone(): void {
    if (this.stands) this.renew()
    else this.failed(new Problem('peer_unknown', 404))
  }

  /** The server has no such peer any more (it or its worker started anew): offer a new one at once. */
  renew(): void {
    this.attempts = 0
    this.stands = false
    void this.again(true)
  }

  /** The page's socket is back: the server may be another one by now, that knows nothing of this peer. */
  async revive(): Promise<void> {
    const { pc } = this
    if (pc?.connectionState === 'connected') {
      const before = await this.received(pc)
      await new Promise((resolve) => setTimeout(resolve, REVIVE_MS))
      if (pc !== this.pc || !this.expectsBytes() || (await this.received(pc)) !== before) return
    }
    this.renew()
  }

  /** The line moved or fell silent: a new path for the same connection. */
  restart(): void {
    void this.again(false)
  }

  stats(): Promise<RTCStatsReport> | null {
    return this.pc ? this.pc.getStats() : null
  }

  private drop(): void {
    const { pc, peer } = this
    this.pc = null
    if (!pc) return
    pc.onconnectionstatechange = null
    pc.close()
    if (!this.stands) return
    this.stands = false
    // Told as a courtesy: the server notices silence by itself.
    void this.options
      .token()
      .then((token) => api.removePeer(token, this.options.lesson, peer))
      .catch(() => undefined)
  }

  private async again(fresh: boolean): Promise<void> {
    if (this.closed) return
    if (this.running) return this.running
    clearTimeout(this.retry)
    clearTimeout(this.deadline)
    this.running = this.offer(fresh || !this.pc)
      .catch((fault: unknown) => this.failed(fault))
      .finally(() => (this.running = null))
    return this.running
  }

  private async offer(fresh: boolean): Promise<void> {
    if (fresh) {
      this.drop()
      this.peer = `${this.options.direction}-${Date.now().toString(36)}-${++made}`
      this.revision = 0
      this.fingerprint = ''
      this.bytes = -1
      const pc = new RTCPeerConnection({ iceServers: this.options.iceServers, bundlePolicy: 'max-bundle' })
      this.pc = pc
      pc.onconnectionstatechange = () => this.moved(pc)
      this.prepare(pc)
    }
    const pc = this.pc as RTCPeerConnection
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: !fresh }))
    const token = await this.options.token()
    const answer = await api.peer(token, this.options.lesson, this.peer, {
      direction: this.options.direction,
      revision: ++this.revision,
      sdp: pc.localDescription?.sdp ?? '',
      ...(this.options.direction === 'send' ? { sources: this.sources(pc) } : {}),
      ...(this.options.shows ? { shows: this.options.shows } : {}),
    })
    if (this.closed || pc !== this.pc) return
    const fingerprint = /^a=fingerprint:(.+)$/m.exec(answer.sdp)?.[1] ?? ''
    if (this.fingerprint && fingerprint !== this.fingerprint) throw new Problem('peer_unknown', 409)
    this.fingerprint = fingerprint
    this.ports = [
      ...new Set(
        [...answer.sdp.matchAll(/^a=candidate:\S+ \d+ (udp|tcp) \d+ \S+ (\d+)/gim)].map(
          (m) => `${m[1]?.toUpperCase()} ${m[2]}`,
        ),
      ),
    ]
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    await this.settled(pc)
    if (pc.connectionState !== 'connected') this.deadline = setTimeout(() => this.failed(null), CONNECT_MS)
  }

  private moved(pc: RTCPeerConnection): void {
    if (pc !== this.pc || this.closed) return
    if (pc.connectionState === 'connected') {
      clearTimeout(this.deadline)
      this.attempts = 0
      this.brokenSince = 0
      this.stillFor = 0
      this.stands = true
      this.options.onStatus({ name: 'connected' })
    } else if (pc.connectionState === 'disconnected') {
      clearTimeout(this.deadline)
      this.deadline = setTimeout(() => this.restart(), DISCONNECTED_MS)
    } else if (pc.connectionState === 'failed') {
      this.failed(null)
    }
  }

  private failed(fault: unknown): void {
    if (this.closed) return
    const status = fault instanceof Problem ? fault.status : 0
    if (status === 403 || status === 422 || status === 400) {
      this.options.onStatus({ name: 'refused', code: (fault as Problem).code })
      return
    }
    this.brokenSince ||= Date.now()
    const away = fault instanceof Problem && fault.code !== 'peer_unknown'
    this.options.onStatus({ name: 'broken', since: this.brokenSince, ports: away ? null : this.ports })
    const wait = BACKOFF_MS[Math.min(this.attempts++, BACKOFF_MS.length - 1)] ?? 8000
    clearTimeout(this.retry)
    clearTimeout(this.deadline)
    // A first failure tries another path for the same connection; after that, or when the server does not know us, a new one.
    const fresh = this.attempts > 1 || fault instanceof Problem
    this.retry = setTimeout(() => void this.again(fresh), wait * (0.7 + Math.random() * 0.3))
  }

  /** A path can die without ICE noticing for half a minute. Bytes that should come and do not tell sooner. */
  private async look(): Promise<void> {
    const pc = this.pc
    if (!pc || pc.connectionState !== 'connected' || !this.expectsBytes()) {
      this.stillFor = 0
      return
    }
    const bytes = await this.received(pc)
    this.stillFor = bytes === this.bytes ? this.stillFor + WATCH_MS : 0
    this.bytes = bytes
    if (this.stillFor >= STILL_MS) {
      this.stillFor = 0
      this.restart()
    }
  }

  /** Bytes of media and reports by all paths, less those that were given up. Firefox counts none for the transport. */
  private async received(pc: RTCPeerConnection): Promise<number> {
    let bytes = 0
    for (const report of (await pc.getStats()).values()) {
      if (report.type === 'candidate-pair') bytes += (report as { bytesReceived?: number }).bytesReceived ?? 0
    }
    return bytes
  }
}
