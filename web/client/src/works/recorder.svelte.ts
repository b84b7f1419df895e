/** One's own voice, recorded for a minute at most: what the browser's recorder makes, to be listened to and sent. */

import { captureMicrophone, measure, type DeviceFault } from '../media/devices'

export const MOST_MS = 60_000
/** Kept as browsers make it: WebM where they can, MP4 on Apple's, Ogg on older ones. */
const FORMS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']
/** Speech needs no more, and a minute of it is a quarter of a megabyte. */
const RATE_BPS = 32_000

export class Recorder {
  doing = $state<'nothing' | 'asking' | 'recording'>('nothing')
  /** Why there is no microphone. */
  fault = $state<DeviceFault | null>(null)
  level = $state(0)
  /** Milliseconds that it goes on. */
  lasts = $state(0)
  made = $state.raw<{ blob: Blob; src: string; ms: number } | null>(null)

  private recorder: MediaRecorder | null = null
  private stopping = (): void => undefined
  private closed = false

  async start(): Promise<void> {
    if (this.doing !== 'nothing') return
    this.doing = 'asking'
    this.fault = null
    const got = typeof MediaRecorder === 'undefined' ? 'failed' : await captureMicrophone()
    if (typeof got === 'string') {
      this.doing = 'nothing'
      this.fault = got
    } else if (this.closed) got.stop()
    else this.record(got)
  }

  stop(): void {
    if (this.recorder?.state === 'recording') this.recorder.stop()
  }

  /** Nothing of it is kept. */
  close(): void {
    this.closed = true
    this.stop()
    this.forget()
  }

  private record(microphone: MediaStreamTrack): void {
    const mimeType = FORMS.find((form) => MediaRecorder.isTypeSupported(form))
    const options = { audioBitsPerSecond: RATE_BPS, ...(mimeType && { mimeType }) }
    const recorder = (this.recorder = new MediaRecorder(new MediaStream([microphone]), options))
    const begun = performance.now()
    const pieces: Blob[] = []
    const still = measure(microphone, (level) => (this.level = level))
    const timer = setInterval(() => {
      this.lasts = performance.now() - begun
      if (this.lasts >= MOST_MS) this.stop()
    }, 100)
    this.stopping = () => {
      clearInterval(timer)
      still()
      microphone.stop()
    }
    recorder.ondataavailable = ({ data }) => pieces.push(data)
    recorder.onstop = () => {
      this.stopping()
      this.doing = 'nothing'
      this.level = 0
      if (this.closed) return
      const blob = new Blob(pieces, { type: recorder.mimeType })
      this.forget()
      this.made = { blob, src: URL.createObjectURL(blob), ms: Math.min(MOST_MS, performance.now() - begun) }
    }
    this.lasts = 0
    this.doing = 'recording'
    recorder.start()
  }

  private forget(): void {
    if (this.made) URL.revokeObjectURL(this.made.src)
    this.made = null
  }
}
