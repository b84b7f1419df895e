/** Two who write in one form: their text and mine, field by field. Pure. */

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

export interface Merged<T> {
  mine: T
  differ: readonly (keyof T)[]
}

/** What I left as it `was` is as it is `now`; the rest stays mine. `differ`: where another has changed what I have, now or,
 *  as it is in `before`, earlier. */
export function merged<T extends object>(was: T, mine: T, now: T, before: readonly (keyof T)[] = []): Merged<T> {
  const fields = Object.keys(now) as (keyof T)[]
  const text = { ...now }
  for (const field of fields) if (!same(mine[field], was[field])) text[field] = mine[field]
  const differs = (field: keyof T): boolean => before.includes(field) || !same(was[field], now[field])
  return { mine: text, differ: fields.filter((field) => !same(text[field], now[field]) && differs(field)) }
}
