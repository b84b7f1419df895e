/**
 * Where pictures can begin without those before them: after a cut a picture stands still until the next such moment. Pure.
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */

/** The moments at which the segments of a playlist begin, in ms, of which the first begins at `start_ms`. */
export function keyframes(playlist: string, start_ms: number): number[] {
  const out: number[] = []
  let at = start_ms
  for (const [, seconds] of playlist.matchAll(/^#EXTINF:([\d.]+)/gm)) {
    out.push(Math.round(at))
    at += Number(seconds) * 1000
  }
  return out
}

/** The nearest of them to a moment, of those after `from`; the moment itself where there is none within `most_ms`. */
export function snapped(keys: readonly number[], at: number, from: number, most_ms: number): number {
  let best = at
  let away = most_ms
  for (const key of keys) {
    const off = Math.abs(key - at)
    if (key > from && off <= away) [best, away] = [key, off]
  }
  return best
}

/** For how long the picture stands still after a cut that ends there, in ms; 0 where nothing comes any more. */
export function stands(keys: readonly number[], at: number): number {
  const next = keys.find((key) => key >= at)
  return next === undefined ? 0 : next - at
}
