/** Which of a recording's tracks count at a moment. Pure. */

import type { Track } from '../net/api.ts'

/** Whether there is something of the track at a moment of the lesson (ms). */
export const covers = (track: Track, at: number) => track.start_ms <= at && (track.end_ms === null || at < track.end_ms)

/**
 * What is seen, or heard, at a moment. A source is recorded in stretches (a page was loaded anew, a server started again):
 * of each the one that covers the moment. Where nothing does, the picture that ended last stays up.
 */
export function standing<T extends Track>(tracks: readonly T[], at: number): T[] {
  const strands = new Map<string, T>()
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

/** What of a recording a class may be shown, as `classroom.courseware.of_class` has it: who taught. */
export function ofClass<T extends Track>(tracks: readonly T[]): T[] {
  const pictures = tracks.filter(({ kind, source }) => kind === 'video' && /^(camera|courseware)$/.test(source))
  const who = new Set(pictures.map(({ participant }) => participant))
  return [...pictures, ...tracks.filter(({ kind, participant }) => kind === 'audio' && who.has(participant))]
}

/** What a class is shown of a recording at a moment: one picture, courseware before who taught it, and the voices. */
export function forClass<T extends Track>(tracks: readonly T[], at: number): T[] {
  const pictures = standing(
    tracks.filter(({ kind }) => kind === 'video'),
    at,
  )
  const picture = pictures.find(({ source }) => source === 'courseware') ?? pictures[0]
  const voices = standing(
    tracks.filter(({ kind }) => kind === 'audio'),
    at,
  )
  return [...(picture ? [picture] : []), ...voices]
}

/** Whether this browser decodes Opus: iPads of before iOS 17 do not. */
const OPUS = 'audio/mp4; codecs="opus"'
const decodesOpus = (): boolean =>
  typeof MediaSource === 'undefined'
    ? document.createElement('audio').canPlayType(OPUS) !== ''
    : MediaSource.isTypeSupported(OPUS)

/** The playlist of a track that this browser can play. */
export const playable = (track: Track): string => (track.aac && !decodesOpus() ? track.aac : track.playlist)
