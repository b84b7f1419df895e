/** A list in an order of one's own. Pure. */

/** The one at `index` goes so many places on, as far as there are any. */
export function moved<T>(list: readonly T[], index: number, by: number): T[] {
  const out = [...list]
  const [one] = out.splice(index, 1)
  if (one !== undefined) out.splice(Math.min(out.length, Math.max(0, index + by)), 0, one)
  return out
}
