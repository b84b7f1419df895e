/** The page's sending connection: camera, microphone, and what else it shows. */

import { layersOf, type Layer } from './layers'
import { Peer, type PeerOptions } from './peer'

export type Source = 'camera' | 'courseware' | 'room' | 'student' | 'mic'

interface Sent {
  track: MediaStreamTrack
  source: Source
  /** A voice of many in one room behind one line: it takes little of that, and next to nothing while it is silent. */
  thrifty?: boolean
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

function sizes({ track, source }: Sent, codecs: readonly RTCRtpCodec[]): Layer[] {
  const { width = 1280, height = 720 } = track.getSettings()
  const layers = layersOf(width, height)
  // Several sizes of H.264 go in one section everywhere; of other codecs browsers make something else of them. A page of
  // text is not readable small, and costs little large.
  const several = source !== 'courseware' && codecs[0]?.mimeType.toLowerCase() === 'video/h264'
  return several ? layers : [{ maxBitrate: (layers[layers.length - 1] as Layer).maxBitrate }]
}

/** Bits per second of courseware's sound, which may be music; voices are left to the browser. */
const MUSIC_BITRATE = 96_000

/** Of a thrifty voice. */
const VOICE_BITRATE = 24_000

/** What an encoder of Opus goes by is in what the other side says that it likes. RFC 7587 §7. */
export const thrifty = (answer: string): string => {
  const type = /^a=rtpmap:(\d+) opus\//im.exec(answer)?.[1]
  return answer.replace(new RegExp(`^(a=fmtp:${type} [^\\r\\n]+)`, 'm'), '$1;usedtx=1;stereo=0')
}

const encodings = (sent: Sent, codecs: readonly RTCRtpCodec[]): { sendEncodings?: RTCRtpEncodingParameters[] } =>
  sent.track.kind === 'video'
    ? { sendEncodings: sizes(sent, codecs) }
    : sent.source === 'courseware'
      ? { sendEncodings: [{ maxBitrate: MUSIC_BITRATE }] }
      : sent.thrifty
        ? { sendEncodings: [{ maxBitrate: VOICE_BITRATE }] }
        : {}

function hint({ track, source }: Sent): string {
  if (track.kind === 'video') return source === 'courseware' ? 'detail' : 'motion'
  return source === 'courseware' ? 'music' : ''
}

export class Publisher extends Peer {
  private readonly sections = new Map<RTCRtpTransceiver, Sent>()
  /** By section: the layers that anyone watches. All are sent until the server says otherwise. */
  private readonly watched = new Map<string, readonly string[]>()
  private shaping: Promise<void> = Promise.resolve()

  constructor(
    options: Omit<PeerOptions, 'direction'>,
    private readonly tracks: readonly Sent[],
  ) {
    super({ ...options, direction: 'send' })
  }

  protected prepare(pc: RTCPeerConnection): void {
    this.sections.clear()
    this.watched.clear()
    const codecs = preferred()
    const streams = [new MediaStream(this.tracks.map(({ track }) => track))]
    for (const sent of this.tracks) {
      const { track } = sent
      const transceiver = pc.addTransceiver(track, {
        direction: 'sendonly',
        streams,
        ...encodings(sent, codecs),
      })
      track.contentHint = hint(sent)
      if (track.kind === 'video' && codecs.length && 'setCodecPreferences' in transceiver) {
        transceiver.setCodecPreferences(codecs)
      }
      this.sections.set(transceiver, sent)
    }
  }

  protected sources(): Record<string, string> {
    const found: Record<string, string> = {}
    for (const [{ mid }, { source }] of this.sections) if (mid !== null) found[mid] = source
    return found
  }

  protected override tuned(answer: string): string {
    return this.tracks.some((sent) => sent.thrifty) ? thrifty(answer) : answer
  }

  protected settled(): Promise<void> {
    return this.shape()
  }

  protected expectsBytes(): boolean {
    return this.tracks.some(({ track }) => track.readyState === 'live' && track.enabled)
  }

  /** Whether it sends these, and nothing else. */
  isOf(tracks: readonly Sent[]): boolean {
    return tracks.length === this.tracks.length && tracks.every(({ track }, i) => track === this.tracks[i]?.track)
  }

  /** The server's `layers` signal: which of a section's layers anyone watches; the others pause. */
  layers(peer: string, mid: string, rids: readonly string[]): void {
    if (peer !== this.peer) return
    this.watched.set(mid, rids)
    void this.shape()
  }

  /** Tells the encoders what is wanted of them, one change after the other. */
  private shape(): Promise<void> {
    this.shaping = this.shaping.then(async () => {
      for (const [{ sender, mid }, sent] of this.sections) {
        if (sent.track.kind !== 'video') continue
        const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string }
        parameters.degradationPreference = 'maintain-resolution'
        const watched = this.watched.get(mid ?? '')
        const layers = sizes(sent, preferred())
        for (const encoding of parameters.encodings) {
          Object.assign(
            encoding,
            layers.find(({ rid }) => rid === encoding.rid),
          )
          if (encoding.rid) encoding.active = !watched || watched.includes(encoding.rid)
        }
        await sender.setParameters(parameters).catch(() => undefined)
      }
    })
    return this.shaping
  }
}
