/** Cameras, microphones and screens, and what is wrong with them. */

import type { Key } from '../i18n'

export type DeviceFault = 'insecure' | 'denied' | 'missing' | 'busy' | 'failed'

export interface Captured {
  stream: MediaStream
  camera: MediaStreamTrack | null
  microphone: MediaStreamTrack | null
  /** Why there is no camera, or no microphone. */
  cameraFault: DeviceFault | null
  microphoneFault: DeviceFault | null
}

const VOICE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

export interface Choice {
  camera?: string
  microphone?: string
  /** The picture's wanted height: 2160 for a lead classroom, less where many are watched at once. */
  height?: number
}

function faultOf(error: unknown): DeviceFault {
  switch ((error as { name?: string } | null)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'failed'
  }
}

export const FAULT_WORDS: Record<DeviceFault, { camera: Key; microphone: Key; screen: Key }> = {
  insecure: { camera: 'device.insecure', microphone: 'device.insecure', screen: 'device.screen.insecure' },
  denied: { camera: 'device.camera.denied', microphone: 'device.microphone.denied', screen: 'device.screen.denied' },
  missing: {
    camera: 'device.camera.missing',
    microphone: 'device.microphone.missing',
    screen: 'device.screen.missing',
  },
  busy: { camera: 'device.camera.busy', microphone: 'device.microphone.busy', screen: 'device.screen.failed' },
  failed: { camera: 'device.camera.failed', microphone: 'device.microphone.failed', screen: 'device.screen.failed' },
}

type Device = MediaStreamTrack | DeviceFault

const constraints = ({ camera, microphone, height = 2160 }: Choice) => ({
  video: {
    width: { ideal: Math.round((height * 16) / 9) },
    height: { ideal: height },
    frameRate: { ideal: 30 },
    ...(camera ? { deviceId: { exact: camera } } : {}),
  },
  audio: { ...VOICE, ...(microphone ? { deviceId: { exact: microphone } } : {}) },
})

function captured(camera: Device, microphone: Device): Captured {
  const devices = [camera, microphone]
  return {
    stream: new MediaStream(devices.filter((one) => typeof one !== 'string')),
    camera: typeof camera === 'string' ? null : camera,
    microphone: typeof microphone === 'string' ? null : microphone,
    cameraFault: typeof camera === 'string' ? camera : null,
    microphoneFault: typeof microphone === 'string' ? microphone : null,
  }
}

async function captureOne(kind: 'video' | 'audio', { [kind]: wanted }: MediaStreamConstraints): Promise<Device> {
  if (!navigator.mediaDevices?.getUserMedia) return 'insecure'
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted })
    return stream.getTracks()[0] ?? 'missing'
  } catch (error) {
    return faultOf(error)
  }
}

/** Camera and microphone, each for itself if the two cannot be had at once. Never throws: faults are part of the answer. */
export async function capture(choice: Choice = {}): Promise<Captured> {
  const both = constraints(choice)
  try {
    const stream = await navigator.mediaDevices.getUserMedia(both)
    return captured(stream.getVideoTracks()[0] ?? 'missing', stream.getAudioTracks()[0] ?? 'missing')
  } catch {
    // One may be had without the other; and asking for each tells which it is that fails.
    const microphone = await captureOne('audio', both)
    return captured(await captureOne('video', both), microphone)
  }
}

/** Turns camera and microphone off. */
export const release = (captured: Captured | null): void =>
  captured?.stream.getTracks().forEach((track) => track.stop())

/** The microphone alone. Never throws, as above. */
export const captureMicrophone = (): Promise<Device> => captureOne('audio', constraints({}))

/** How often a device that is lacking is asked for again: not every one that comes is told of. */
const AGAIN_MS = 5000

/**
 * Watches over what was captured, until the returned function is called: a device that ends is a fault, and one that is
 * lacking is asked for again when any comes or goes, and every few seconds; in the place of one that was chosen and is
 * gone another will do. `onChange` is told what there is then, for that to be watched over in its turn.
 */
export function keepCaptured(had: Captured, choice: Choice, onChange: (now: Captured) => void): () => void {
  const own = [had.camera, had.microphone].filter((track) => track !== null)
  const over = new AbortController()
  let asking = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const tell = (now: Captured): void => {
    if (over.signal.aborted) return
    over.abort()
    clearTimeout(timer)
    onChange(now)
  }
  const left = (track: MediaStreamTrack | null, fault: DeviceFault | null): Device =>
    track?.readyState === 'live' ? track : (fault ?? 'missing')
  const lost = (): void => tell(captured(left(had.camera, had.cameraFault), left(had.microphone, had.microphoneFault)))
  const comes = (fault: DeviceFault | null): boolean => fault === 'busy' || fault === 'failed' || fault === 'missing'
  const lacks = comes(had.cameraFault) || comes(had.microphoneFault)

  async function look(): Promise<void> {
    if (asking) return
    asking = true
    const { camera: _, microphone: __, ...any } = choice
    const one = async (kind: 'video' | 'audio', track: MediaStreamTrack | null, fault: DeviceFault | null) => {
      if (!comes(fault)) return left(track, fault)
      const got = await captureOne(kind, constraints(choice))
      const chosen = kind === 'video' ? choice.camera : choice.microphone
      return got === 'missing' && chosen ? captureOne(kind, constraints(any)) : got
    }
    const camera = await one('video', had.camera, had.cameraFault)
    const now = captured(camera, await one('audio', had.microphone, had.microphoneFault))
    asking = false
    if (over.signal.aborted) {
      for (const track of now.stream.getTracks()) if (!own.includes(track)) track.stop()
    } else if (now.cameraFault !== had.cameraFault || now.microphoneFault !== had.microphoneFault) tell(now)
    else wait()
  }
  function wait(): void {
    clearTimeout(timer)
    if (lacks) timer = setTimeout(() => void look(), AGAIN_MS)
  }

  for (const track of own) track.addEventListener('ended', lost, { signal: over.signal })
  if (own.some(({ readyState }) => readyState === 'ended')) queueMicrotask(lost)
  if (lacks) {
    navigator.mediaDevices.addEventListener('devicechange', () => void look(), { signal: over.signal })
  }
  wait()
  return () => {
    over.abort()
    clearTimeout(timer)
  }
}

/**
 * A screen, window or tab that the browser lets its user choose, as large as it is, with its sound where that can be had.
 * Never throws, as above; `missing` is a browser that cannot.
 */
export async function captureScreen(): Promise<MediaStream | DeviceFault> {
  if (!isSecureContext) return 'insecure'
  const { mediaDevices } = navigator
  if (!('getDisplayMedia' in mediaDevices)) return 'missing'
  // What this page itself plays would go back to the rooms that it came from; a browser that cannot leave it out of the
  // computer's sound is asked for the sound of windows and tabs alone.
  const restrictOwnAudio = 'restrictOwnAudio' in mediaDevices.getSupportedConstraints()
  const options = {
    video: { frameRate: { ideal: 30 } },
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, restrictOwnAudio },
    selfBrowserSurface: 'exclude',
    surfaceSwitching: 'include',
    systemAudio: restrictOwnAudio ? 'include' : 'exclude',
  }
  try {
    return await mediaDevices.getDisplayMedia(options)
  } catch (error) {
    return faultOf(error)
  }
}

export async function listDevices(): Promise<{ cameras: MediaDeviceInfo[]; microphones: MediaDeviceInfo[] }> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? []
  return {
    cameras: all.filter((device) => device.kind === 'videoinput'),
    microphones: all.filter((device) => device.kind === 'audioinput'),
  }
}

/** Calls back with the loudness, 0 to 1, about twenty times a second, until the returned function is called. */
export function measure(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = new AudioContext()
  const source = context.createMediaStreamSource(new MediaStream([track]))
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    let sum = 0
    for (const sample of samples) sum += sample * sample
    const db = 10 * Math.log10(sum / samples.length + 1e-10)
    onLevel(Math.min(1, Math.max(0, (db + 60) / 55)))
  }, 50)
  // A context made before any touch is suspended; the first touch wakes it.
  const wake = () => void context.resume()
  document.addEventListener('pointerdown', wake, { once: true })
  return () => {
    clearInterval(timer)
    document.removeEventListener('pointerdown', wake)
    void context.close()
  }
}
