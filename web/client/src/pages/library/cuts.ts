/**
 * What an edit leaves out of a recording: stretches of the lesson's clock, in ms, sorted and disjoint, from the first moment
 * that is left out to the first that is there again. The line of time closes over them. Pure.
 */

export type Cut = readonly [from_ms: number, to_ms: number]

/** The first moment at or after `at` that is there. */
export function after(cuts: readonly Cut[], at: number): number {
  return cuts.find(([from, to]) => from <= at && at < to)?.[1] ?? at
}

/** From the first to the last moment that is there. */
export function trimmed(cuts: readonly Cut[], from: number, to: number): Cut {
  const start = Math.min(to, after(cuts, from))
  const last = cuts.find((cut) => cut[0] < to && to <= cut[1])
  return [start, Math.max(start, last ? last[0] : to)]
}

/** How far along the closed line a moment of the lesson is, in ms from the lesson's zero; one that is left out is where the line closes. */
export function closed(cuts: readonly Cut[], at: number): number {
  let gone = 0
  for (const [from, to] of cuts) {
    if (at <= from) break
    gone += Math.min(at, to) - from
  }
  return at - gone
}

/** The moment of the lesson at a place of the closed line; where it closes, the one after the cut. */
export function opened(cuts: readonly Cut[], place: number): number {
  let at = place
  for (const [from, to] of cuts) {
    if (at < from) break
    at += to - from
  }
  return at
}

/** Both lists in one: what overlaps or touches is one stretch. */
export function joined(...lists: (readonly Cut[])[]): Cut[] {
  const all = ([] as Cut[]).concat(...lists).sort((one, other) => one[0] - other[0])
  const out: [number, number][] = []
  for (const [from, to] of all) {
    const last = out[out.length - 1]
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else if (to > from) out.push([from, to])
  }
  return out
}
