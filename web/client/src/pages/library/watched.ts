/** What there is of the recording that is being watched. */

import type { Track } from '../../net/api.ts'
import type { Cut } from './cuts.ts'
import type { Whole } from './parts.ts'

export interface Watched extends Whole {
  /** Stretches of which nothing was recorded, or of which the lead's picture did not arrive. */
  gaps: readonly Cut[]
}

/** Shorter ones are nothing to be shown. */
const LEAST_MS = 1000

/** The stretches between the first and the last moment that no track covers. */
export function gaps(tracks: readonly Track[], from: number, to: number): Cut[] {
  const out: Cut[] = []
  let reached = from
  for (const track of [...tracks].sort((a, b) => a.start_ms - b.start_ms)) {
    if (track.start_ms - reached >= LEAST_MS) out.push([reached, Math.min(to, track.start_ms)])
    reached = Math.max(reached, track.end_ms ?? to)
  }
  return to - reached >= LEAST_MS && tracks.length ? [...out, [reached, to]] : out
}

/** The stretches in which the lead's pictures stand still, because what was sent did not arrive. */
export const lost = (tracks: readonly Track[]): Cut[] =>
  tracks
    .filter(({ source }) => source === 'camera' || source === 'courseware')
    .flatMap(({ gaps }) => gaps ?? [])
    .filter(([from, to]) => to - from >= LEAST_MS)
