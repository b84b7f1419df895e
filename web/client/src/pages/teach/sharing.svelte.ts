/** The lead's shared screen: what is captured, and the connection of its own that sends it. */

import { t } from '../../i18n'
import { captureScreen, FAULT_WORDS } from '../../media/devices'
import type { PeerStatus } from '../../media/peer'
import { Publisher } from '../../media/publish'
import type { Lesson } from '../../net/lesson.svelte'
import { words } from '../../net/problems'

export class Sharing {
  stream = $state.raw<MediaStream | null>(null)
  /** Why nothing is shared, in words. */
  fault = $state<string | null>(null)
  private choosing = false
  private closed = false

  constructor(private readonly lesson: Lesson) {}

  /** Its sound goes with it. */
  get heard(): boolean {
    return Boolean(this.stream?.getAudioTracks().length)
  }

  /** A whole screen has the desk on it, which would show itself in itself. */
  get whole(): boolean {
    return this.stream?.getVideoTracks()[0]?.getSettings().displaySurface === 'monitor'
  }

  toggle(): void {
    if (this.stream) this.stop()
    else void this.start()
  }

  stop(): void {
    if (!this.stream) return
    this.stream.getTracks().forEach((track) => track.stop())
    this.stream = null
    this.lesson.publish(null, 'screen')
  }

  /** The desk is left; what its user is choosing just now is not shared. */
  close(): void {
    this.closed = true
    this.stop()
  }

  private async start(): Promise<void> {
    if (this.choosing) return
    this.choosing = true
    this.fault = null
    const captured = await captureScreen()
    this.choosing = false
    if (typeof captured === 'string') this.fault = t(FAULT_WORDS[captured].screen)
    else if (this.closed) captured.getTracks().forEach((track) => track.stop())
    else this.send(captured)
  }

  private send(stream: MediaStream): void {
    this.stream = stream
    // The browser has a control of its own to stop it; so has a window that is closed.
    stream.getVideoTracks()[0]?.addEventListener('ended', () => this.stream === stream && this.stop())
    const tracks = stream.getTracks().map((track) => ({ track, source: 'courseware' as const }))
    const onStatus = (status: PeerStatus): void => {
      if (status.name !== 'refused') return
      this.stop()
      this.fault = words(status)
    }
    this.lesson.publish(new Publisher({ ...this.lesson.peerOptions, onStatus }, tracks), 'screen')
  }
}
