/**
 * Recordings one after the other: the clocks of their lessons are laid end to end, each from its zero on, or from its first
 * track where that was before. What is not played between two of them is a cut. Pure.
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */

import type { Track } from '../../net/api.ts'
import { joined, trimmed, type Cut } from './cuts.ts'

/** What is laid: as the library tells of a recording. */
export interface Lasting {
  tracks: readonly Track[]
  duration_ms: number | null
  cuts: readonly Cut[]
}

/** `offset` is the whole's clock at the lesson's zero; it is this part from `begin` to before `end`, and played `from`, `to`. */
export interface Place {
  offset: number
  begin: number
  end: number
  from: number
  to: number
  tracks: readonly Track[]
}

export interface Laid {
  places: readonly Place[]
  durationMs: number | null
  cuts: readonly Cut[]
}

/** The first and the last moment of a recording that there is, on its lesson's clock. */
export function span({ tracks, duration_ms, cuts }: Lasting): Cut {
  const first = tracks.length ? Math.min(...tracks.map(({ start_ms }) => start_ms)) : 0
  const ends = tracks.map((track) => track.end_ms ?? duration_ms ?? track.start_ms)
  const last = tracks.length ? Math.max(...ends) : (duration_ms ?? 0)
  return trimmed(cuts, first, Math.max(first, last))
}

/** One alone keeps its clock and the names of its tracks. */
export function laid(parts: readonly Lasting[]): Laid {
  const [only] = parts
  if (parts.length === 1 && only) {
    const [from, to] = span(only)
    const place = { offset: 0, begin: -Infinity, end: Infinity, from, to, tracks: only.tracks }
    return { places: [place], durationMs: only.duration_ms, cuts: only.cuts }
  }
  const places: Place[] = []
  const cuts: Cut[] = []
  let begin = 0
  parts.forEach((part, number) => {
    const [first, last] = span(part)
    const offset = begin - Math.min(0, first)
    const end = offset + Math.max(part.duration_ms ?? 0, last)
    const [from, to] = [offset + first, offset + last]
    for (const [a, b] of part.cuts) cuts.push([Math.max(from, offset + a), Math.min(to, offset + b)])
    cuts.push([begin, from], [to, end])
    places.push({ offset, begin, end, from, to, tracks: part.tracks.map((one) => shifted(one, number, offset)) })
    begin = end
  })
  return { places, durationMs: begin, cuts: joined(cuts) }
}

/** Which of them a moment of the whole is in: its index. */
export function placeAt(places: readonly Place[], at: number): number {
  const found = places.findIndex(({ end }) => at < end)
  return found < 0 ? places.length - 1 : found
}

function shifted(track: Track, number: number, offset: number): Track {
  const { id, start_ms, end_ms, gaps = [] } = track
  return {
    ...track,
    id: `${number}~${id}`,
    start_ms: start_ms + offset,
    end_ms: end_ms === null ? null : end_ms + offset,
    gaps: gaps.map(([from, to]) => [from + offset, to + offset]),
  }
}
