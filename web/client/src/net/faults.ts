/** What is wrong with camera or microphone of someone on stage: said to the teachers, who wait to see and hear them. */

import type { SignalData } from '../generated/protocol.ts'
import type { Key } from '../i18n'
import type { Captured } from '../media/devices'
import type { Lesson } from './lesson.svelte'

export type Faults = SignalData['devices']

/** A signal may be lost, and a teacher may come later. */
const AGAIN_MS = 5000

/** Tells it until the returned function is called; that all is well, once. */
export function tellFaults(lesson: Lesson, { cameraFault: camera, microphoneFault: microphone }: Captured): () => void {
  const tell = () => lesson.connection.signal('devices', { camera, microphone })
  tell()
  if (!camera && !microphone) return () => undefined
  const timer = setInterval(tell, AGAIN_MS)
  return () => clearInterval(timer)
}

/** The words for it, and the reason; null where nothing is wrong. */
export function saysOf({ camera, microphone }: Faults): { says: Key; why: Key } | null {
  const fault = microphone ?? camera
  if (!fault) return null
  const says = !microphone ? 'call.unseen' : camera ? 'call.neither' : 'call.unheard'
  return { says, why: `fault.${fault}` }
}
