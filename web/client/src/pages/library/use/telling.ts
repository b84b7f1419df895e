/** What of a recording is played is told to the server every so often: which of its parts for the first time, and, where
 * the server wants that, what happened. */

import { isCarried } from '../../../net/carried'
import { finding, type Happened } from '../../../net/finding'
import { partAt, type Whole } from '../parts'
import { happened, type Look } from './happening'

const PART_MS = 10_000
const LOOK_MS = 1_000
const TELL_MS = 10_000
/** At once; what is over waits for the next time. */
const MOST = 60

interface Watching {
  seen: Set<number>
  parts: number[]
  moments: (Omit<Happened, 'ago_ms'> & { when: number })[]
  begun: boolean
  look: Look | null
}

/** Answers how to end it. What cannot be told is left out. */
export function telling(whole: Whole): () => void {
  if (isCarried) return () => undefined
  const all = new Map<string, Watching>()
  /** Not known before the first answer. */
  let wanted = true

  function of(resource: string): Watching {
    const there = all.get(resource) ?? { seen: new Set(), parts: [], moments: [], begun: false, look: null }
    all.set(resource, there)
    return there
  }

  function notice(one: Watching, now: Look): void {
    if (wanted) one.moments.push(...happened(one.look, now).map((moment) => ({ ...moment, when: now.now })))
    one.look = now
  }

  const look = (): void => {
    const { player } = whole
    const now = performance.now()
    const { resource, clock } = partAt(whole, player.at)
    const at = Math.max(0, Math.round(clock.at))
    const playing = player.playing && !player.waiting
    const one = of(resource.id)
    for (const [id, other] of all)
      if (id !== resource.id && other.look?.playing) notice(other, { ...other.look, playing: false, now })
    if (!playing && !one.begun) return
    if (!player.waiting) notice(one, { at, rate: player.rate, playing, now })
    const part = Math.floor(at / PART_MS)
    if (!playing || one.seen.has(part)) return
    one.seen.add(part)
    one.parts.push(part)
    if (!one.begun) tell()
  }

  const tell = (): void => {
    for (const [resource, one] of all) {
      if (!one.parts.length && !one.moments.length) continue
      const now = performance.now()
      const moments = one.moments.splice(0, MOST).map(({ when, ...moment }) => ({
        ...moment,
        ago_ms: Math.round(now - when),
      }))
      const first = !one.begun
      one.begun = true
      finding.played(resource, first, one.parts.splice(0, MOST), first || wanted ? moments : []).then(
        (told) => (wanted = told.moments),
        () => undefined,
      )
    }
  }
  const hidden = (): void => void (document.visibilityState === 'hidden' && tell())
  const timers = [setInterval(look, LOOK_MS), setInterval(tell, TELL_MS)]
  document.addEventListener('visibilitychange', hidden)
  return () => {
    const when = performance.now()
    for (const one of all.values())
      if (one.begun && one.look && wanted) one.moments.push({ what: 'terminated', at: one.look.at, when })
    tell()
    timers.forEach(clearInterval)
    document.removeEventListener('visibilitychange', hidden)
  }
}
