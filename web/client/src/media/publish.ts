/** The page's sending connection: camera, microphone, and what else it shows. */

import { Peer, type PeerOptions } from './peer'

export type Source = 'camera' | 'courseware' | 'room' | 'student' | 'mic'

/** Bits per second that a sender may use, by the height of its picture: Ultra HD 25 Mbit/s, as an encoder would. */
function ceilingFor(height: number): number {
  if (height > 1440) return 25_000_000
  if (height > 1080) return 12_000_000
  if (height > 720) return 8_000_000
  if (height > 480) return 2_500_000
  return 1_000_000
}

/** H.264 first, for it is what every display decodes in hardware and what recordings play everywhere; VP8 is not sent. */
function preferred(): RTCRtpCodec[] {
  const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs ?? []
  const rank = (codec: RTCRtpCodec) => {
    const type = codec.mimeType.toLowerCase()
    if (type === 'video/h264') return /packetization-mode=1/.test(codec.sdpFmtpLine ?? '') ? 0 : 9
    return type === 'video/vp9' ? 1 : type === 'video/av1' ? 2 : type === 'video/vp8' ? 9 : 3
  }
  return codecs.filter((codec) => rank(codec) < 9).sort((a, b) => rank(a) - rank(b))
}

export class Publisher extends Peer {
  private readonly tracks: { track: MediaStreamTrack; source: Source }[]
  private readonly sections = new Map<RTCRtpTransceiver, Source>()

  constructor(options: Omit<PeerOptions, 'direction'>, tracks: { track: MediaStreamTrack; source: Source }[]) {
    super({ ...options, direction: 'send' })
    this.tracks = tracks
  }

  protected prepare(pc: RTCPeerConnection): void {
    this.sections.clear()
    const stream = new MediaStream(this.tracks.map(({ track }) => track))
    for (const { track, source } of this.tracks) {
      const height = track.getSettings().height ?? 720
      const transceiver = pc.addTransceiver(track, {
        direction: 'sendonly',
        streams: [stream],
        ...(track.kind === 'video' ? { sendEncodings: [{ maxBitrate: ceilingFor(height) }] } : {}),
      })
      if (track.kind === 'video') {
        track.contentHint = source === 'courseware' ? 'detail' : 'motion'
        const codecs = preferred()
        if (codecs.length && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(codecs)
      }
      this.sections.set(transceiver, source)
    }
  }

  protected sources(): Record<string, string> {
    const found: Record<string, string> = {}
    for (const [transceiver, source] of this.sections) if (transceiver.mid !== null) found[transceiver.mid] = source
    return found
  }

  protected async settled(): Promise<void> {
    for (const [transceiver] of this.sections) {
      const { sender } = transceiver
      if (sender.track?.kind !== 'video') continue
      const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string }
      parameters.degradationPreference = 'maintain-resolution'
      await sender.setParameters(parameters).catch(() => undefined)
    }
  }

  protected expectsBytes(): boolean {
    return this.tracks.some(({ track }) => track.readyState === 'live' && track.enabled)
  }

  /** Another camera or microphone in the place of the one of this kind; nothing is offered anew. */
  async replace(track: MediaStreamTrack): Promise<void> {
    for (const [transceiver] of this.sections) {
      if (transceiver.sender.track?.kind === track.kind) await transceiver.sender.replaceTrack(track)
    }
    for (const entry of this.tracks) if (entry.track.kind === track.kind) entry.track = track
  }
}
