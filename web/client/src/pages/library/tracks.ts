/** Which of a recording's tracks count at a moment. Pure. */

import type { Track } from '../../net/api.ts'

/** Whether there is something of the track at a moment of the lesson (ms). */
export const covers = (track: Track, at: number) => track.start_ms <= at && (track.end_ms === null || at < track.end_ms)

/**
 * What is seen, or heard, at a moment. A source is recorded in stretches (a page was loaded anew, a server started again):
 * of each the one that covers the moment. Where nothing does, the picture that ended last stays up.
 */
export function standing(tracks: readonly Track[], at: number): Track[] {
  const strands = new Map<string, Track>()
  for (const track of [...tracks].sort((a, b) => a.start_ms - b.start_ms)) {
    const strand = `${track.participant} ${track.source} ${track.kind}`
    if (!strands.has(strand) || track.start_ms <= at) strands.set(strand, track)
  }
  const latest = [...strands.values()]
  const covering = latest.filter((track) => covers(track, at))
  if (covering.length || latest[0]?.kind !== 'video') return covering
  const over = latest.filter((track) => track.start_ms <= at).sort((a, b) => (b.end_ms ?? 0) - (a.end_ms ?? 0))
  return (over.length ? over : latest).slice(0, 1)
}
