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

/** Camera and microphone, each for itself if the two cannot be had at once. Never throws: faults are part of the answer. */
export async function capture(choice: Choice = {}): Promise<Captured> {
  if (!navigator.mediaDevices?.getUserMedia) {
    return {
      stream: new MediaStream(),
      camera: null,
      microphone: null,
      cameraFault: 'insecure',
      microphoneFault: 'insecure',
    }
  }
  const height = choice.height ?? 2160
  const video: MediaTrackConstraints = {
    width: { ideal: Math.round((height * 16) / 9) },
    height: { ideal: height },
    frameRate: { ideal: 30 },
    ...(choice.camera ? { deviceId: { exact: choice.camera } } : {}),
  }
  const audio: MediaTrackConstraints = {
    ...VOICE,
    ...(choice.microphone ? { deviceId: { exact: choice.microphone } } : {}),
  }
  let cameraFault: DeviceFault | null = null
  let microphoneFault: DeviceFault | null = null
  const ask = (constraints: MediaStreamConstraints) => navigator.mediaDevices.getUserMedia(constraints)
  let stream: MediaStream
  try {
    stream = await ask({ video, audio })
  } catch {
    stream = new MediaStream()
    // One may be had without the other; and asking for each tells which it is that fails.
    await ask({ audio }).then(
      (got) => got.getTracks().forEach((track) => stream.addTrack(track)),
      (error: unknown) => (microphoneFault = faultOf(error)),
    )
    await ask({ video }).then(
      (got) => got.getTracks().forEach((track) => stream.addTrack(track)),
      (error: unknown) => (cameraFault = faultOf(error)),
    )
  }
  return {
    stream,
    camera: stream.getVideoTracks()[0] ?? null,
    microphone: stream.getAudioTracks()[0] ?? null,
    cameraFault,
    microphoneFault,
  }
}

/** The microphone alone. Never throws, as above. */
export async function captureMicrophone(): Promise<MediaStreamTrack | DeviceFault> {
  if (!navigator.mediaDevices?.getUserMedia) return 'insecure'
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: VOICE })
    return stream.getAudioTracks()[0] ?? 'missing'
  } catch (error) {
    return faultOf(error)
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
