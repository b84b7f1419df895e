/** One peer connection to the server, kept alive: this page offers, the server answers (PUT …/peers/{peer}). */

import { backoff } from '../lesson/attempts'
import { api } from '../net/api'
import { Problem } from '../net/request'

/** `full`: others have all places; it is asked for again. `broken`: no way for media; `ports` are those it should go by, null where it is not them but the server that is away. */
export type PeerStatus =
  | { name: 'connecting' }
  | { name: 'connected' }
  | { name: 'broken'; since: number; ports: string[] | null }
  | { name: 'full' }
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
  /** Whether the page's socket is in step: offers into a dead line help nobody. When it is again, call `revive`. */
  online: () => boolean
  /** Media come again after a silence: so the line is back. */
  onLife: () => void
}

const LONGEST_DELAY_MS = 8000
/** After this long without a connection an ICE restart has not helped, and a new connection is made. */
const CONNECT_MS = 15_000
const DISCONNECTED_MS = 2000
const WATCH_MS = 1000
const WATCH_OFFLINE_MS = 300
/** Checks of the path without an answer, with nothing else coming, that mean a dead one. */
const UNANSWERED = 3
/** The same by silence alone, where the browser does not count its checks. */
const STILL_MS = 6000
/** And where the socket has fallen silent too: the page may be in another network, so that the next offer gets through. */
const LOST_MS = 1000
/** A line that is back brings something within this time. */
const REVIVE_MS = 300
const REVIVE_LOOKS = 3
/** An offer is made again on another HTTP connection after this long, for the first one may be a dead one; then given up. */
const AGAIN_MS = 400
const ANSWER_MS = 8000
/** Where all places are taken, this long or up to twice as long passes before one is asked for again. */
const FULL_MS = 20_000

/** What came by the path in use. `asked` and `answered` count its checks, where the browser tells. */
interface Heard {
  bytes: number
  asked: number | null
  answered: number
}

const NOTHING: Heard = { bytes: -1, asked: null, answered: 0 }

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
  private watch: ReturnType<typeof setTimeout> | undefined
  private question: AbortController | null = null
  private last: Heard = NOTHING
  private stillSince: number | null = null
  /** A new path was asked for since the last bytes. */
  private tried = false
  private brokenSince = 0
  /** The server has this peer, as far as we know. */
  private stands = false

  constructor(protected readonly options: PeerOptions) {}

  /** Adds the sections of a new connection. */
  protected abstract prepare(pc: RTCPeerConnection): void
  /** What each sending section shows, by mid; empty for a receiver. */
  protected abstract sources(pc: RTCPeerConnection): Record<string, string>
  /** The answer as the browser is to have it. */
  protected tuned(answer: string): string {
    return answer
  }
  /** The answer is in place. */
  protected abstract settled(pc: RTCPeerConnection): Promise<void> | void
  /** Whether bytes must be arriving now, so that silence means a dead path. */
  protected abstract expectsBytes(): boolean

  start(): void {
    this.watching()
    void this.again(true)
  }

  /** `tell` false: the server has let go of the peer already. */
  close(tell = true): void {
    this.closed = true
    if (!tell) this.stands = false
    clearTimeout(this.retry)
    clearTimeout(this.deadline)
    clearTimeout(this.watch)
    this.question?.abort()
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

  /** The page's socket is back. What still lives goes on; else a new path for the same connection, which the server may
   * have forgotten, or be another one that never knew it: then a new connection. */
  async revive(): Promise<void> {
    const { pc } = this
    if (pc && this.stands) {
      const { bytes } = await this.heard(pc)
      for (let n = 0; n < REVIVE_LOOKS; n++) {
        await new Promise((resolve) => setTimeout(resolve, REVIVE_MS / REVIVE_LOOKS))
        if (pc !== this.pc || (await this.heard(pc)).bytes !== bytes) return
      }
    }
    this.question?.abort() // an offer that went into the dead line
    await this.running
    if (this.closed) return
    this.attempts = 0
    if (this.pc && this.stands) this.restart()
    else this.renew()
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
      this.last = NOTHING
      const pc = new RTCPeerConnection({ iceServers: this.options.iceServers, bundlePolicy: 'max-bundle' })
      this.pc = pc
      pc.onconnectionstatechange = () => this.moved(pc)
      this.prepare(pc)
    }
    const pc = this.pc as RTCPeerConnection
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: !fresh }))
    const token = await this.options.token()
    const answer = await this.answered(token, {
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
    await pc.setRemoteDescription({ type: 'answer', sdp: this.tuned(answer.sdp) })
    await this.settled(pc)
    if (pc.connectionState !== 'connected') this.deadline = setTimeout(() => this.failed(null), CONNECT_MS)
  }

  private async answered(token: string, offer: Parameters<typeof api.peer>[3]): ReturnType<typeof api.peer> {
    const question = (this.question = new AbortController())
    const put = () => api.peer(token, this.options.lesson, this.peer, offer, question.signal)
    const timers = [setTimeout(() => question.abort(), ANSWER_MS)]
    try {
      const again = new Promise<void>((resolve) => timers.push(setTimeout(resolve, AGAIN_MS))).then(put)
      again.catch(() => undefined)
      return await Promise.race([put(), again])
    } finally {
      timers.forEach(clearTimeout)
      question.abort()
    }
  }

  private moved(pc: RTCPeerConnection): void {
    if (pc !== this.pc || this.closed) return
    if (pc.connectionState === 'connected') {
      clearTimeout(this.deadline)
      this.attempts = 0
      this.brokenSince = 0
      this.stillSince = null
      this.stands = true
      this.options.onStatus({ name: 'connected' })
    } else if (pc.connectionState === 'disconnected') {
      clearTimeout(this.deadline)
      this.deadline = setTimeout(() => this.options.online() && this.restart(), DISCONNECTED_MS)
    } else if (pc.connectionState === 'failed') {
      this.failed(null)
    }
  }

  private failed(fault: unknown): void {
    if (this.closed) return
    if (this.stands && fault instanceof Problem && fault.code === 'peer_unknown') {
      this.retry = setTimeout(() => this.renew())
      return
    }
    const status = fault instanceof Problem ? fault.status : 0
    if (fault instanceof Problem && fault.code === 'media_full') {
      this.drop()
      this.brokenSince = 0
      this.options.onStatus({ name: 'full' })
      this.retry = setTimeout(() => this.renew(), FULL_MS * (1 + Math.random()))
      return
    }
    const lives = this.pc?.connectionState === 'connected' // it was to move, and has not
    if (status === 403 || status === 422 || status === 400) {
      this.options.onStatus({ name: 'refused', code: (fault as Problem).code })
      return
    }
    const online = this.options.online()
    if (!lives) {
      this.brokenSince ||= Date.now()
      const away = !online || (fault instanceof Problem && fault.code !== 'peer_unknown')
      this.options.onStatus({ name: 'broken', since: this.brokenSince, ports: away ? null : this.ports })
    }
    if (!online) return // the line is dead, and this may yet live: see `revive`
    const wait = backoff(this.attempts++, LONGEST_DELAY_MS, Math.random())
    clearTimeout(this.retry)
    clearTimeout(this.deadline)
    // A first failure tries another path for the same connection; after that, or when the server does not know us, a new one.
    const fresh = this.attempts > 1 || fault instanceof Problem
    this.retry = setTimeout(() => void this.again(fresh), wait)
  }

  private watching(): void {
    this.watch = setTimeout(
      () => void this.look().then(() => this.closed || this.watching()),
      this.options.online() ? WATCH_MS : WATCH_OFFLINE_MS,
    )
  }

  /** A path can die without ICE noticing for half a minute. Bytes that should come and do not, and checks that nobody
   * answers, tell sooner; where checks are answered, it is only that nobody sends. */
  private async look(): Promise<void> {
    const pc = this.pc
    if (!pc || !this.stands || !this.expectsBytes()) {
      this.stillSince = null
      return
    }
    const heard = await this.heard(pc)
    const { last } = this
    const now = performance.now()
    if (heard.bytes !== last.bytes) {
      this.last = heard
      if (this.stillSince !== null && last.bytes >= 0) this.options.onLife()
      this.stillSince = null
      this.tried = false
      return
    }
    this.stillSince ??= now
    if (heard.answered !== last.answered) this.last = heard
    const still = now - this.stillSince
    const dead = !this.options.online()
      ? !this.tried && still >= LOST_MS
      : heard.asked === null
        ? still >= STILL_MS
        : heard.asked - (this.last.asked ?? 0) >= UNANSWERED
    if (!dead) return
    this.last = heard
    this.stillSince = now
    this.tried = true
    this.restart()
  }

  /** Media and reports by all paths, less those that were given up (Firefox counts none for the transport); checks by
   * the one in use. */
  private async heard(pc: RTCPeerConnection): Promise<Heard> {
    let bytes = 0
    let asked: number | null = null
    let answered = 0
    const reports = await pc.getStats()
    const inUse = new Set<string>()
    for (const report of reports.values()) {
      if (report.type === 'transport') inUse.add((report as RTCTransportStats).selectedCandidatePairId ?? '')
    }
    for (const report of reports.values()) {
      if (report.type !== 'candidate-pair') continue
      const pair = report as RTCIceCandidatePairStats
      bytes += pair.bytesReceived ?? 0
      if (!inUse.has(pair.id) || pair.requestsSent === undefined) continue
      asked = pair.requestsSent
      answered = pair.responsesReceived ?? 0
    }
    return { bytes, asked, answered }
  }
}
