/** What of a recording is played is told to the server every so often: which of its parts for the first time, no more. */

import { isCarried } from '../../../net/carried'
import { finding } from '../../../net/finding'
import { partAt, type Whole } from '../parts'

const PART_MS = 10_000
const LOOK_MS = 1_000
const TELL_MS = 10_000
/** At once; what is over waits for the next time. */
const MOST = 60

/** Answers how to end it. What cannot be told is left out. */
export function telling(whole: Whole): () => void {
  if (isCarried) return () => undefined
  const seen = new Map<string, Set<number>>()
  const untold = new Map<string, number[]>()
  const begun = new Set<string>()

  const look = (): void => {
    if (!whole.player.playing || whole.player.waiting) return
    const { resource, clock } = partAt(whole, whole.player.at)
    const part = Math.floor(clock.at / PART_MS)
    const known = seen.get(resource.id) ?? new Set()
    if (known.has(part)) return
    seen.set(resource.id, known.add(part))
    untold.set(resource.id, [...(untold.get(resource.id) ?? []), part])
    if (!begun.has(resource.id)) tell()
  }
  const tell = (): void => {
    for (const [resource, parts] of untold) {
      finding.played(resource, !begun.has(resource), parts.slice(0, MOST)).catch(() => undefined)
      begun.add(resource)
      if (parts.length > MOST) untold.set(resource, parts.slice(MOST))
      else untold.delete(resource)
    }
  }
  const hidden = (): void => void (document.visibilityState === 'hidden' && tell())
  const timers = [setInterval(look, LOOK_MS), setInterval(tell, TELL_MS)]
  document.addEventListener('visibilitychange', hidden)
  return () => {
    tell()
    timers.forEach(clearInterval)
    document.removeEventListener('visibilitychange', hidden)
  }
}
