/** A game of memory; as `classroom.activities.types.memory`. And how its cards lie. */

import type { Answer } from '../generated/protocol.ts'
import { frequent, type } from './type.ts'

export type Game = NonNullable<Answer['game']>

export const memory = type<'memory', Game>({
  field: 'game',
  /** The turns that those took who have found all. */
  count: ({ options }, games) =>
    frequent(games.filter(({ found }) => found === options.length).map(({ turns }) => turns)),
  mark: ({ answer }, { found }) => Number(found >= (answer ?? Infinity)),
})

/** Of each place the card: 0 to n - 1 are the ones, n to 2n - 1 what belongs to them. Another order for each child, and the
 *  same whenever it comes back. */
export function dealt(pairs: number, activity: string, child: string): number[] {
  const cards = Array.from({ length: 2 * pairs }, (_, i) => i)
  let seed = 2166136261
  for (const one of `${activity}/${child}`) seed = Math.imul(seed ^ (one.codePointAt(0) ?? 0), 16777619) >>> 0
  for (let i = cards.length - 1; i > 0; i--) {
    // xorshift32: what is drawn need only be unlike for each child.
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed = (seed ^ (seed << 5)) >>> 0
    const j = seed % (i + 1)
    ;[cards[i], cards[j]] = [cards[j] as number, cards[i] as number]
  }
  return cards
}

/** A game as it stands: what lies open, the last two until another is touched; the pairs found, as the ones of them. */
export interface Table {
  open: readonly number[]
  found: readonly number[]
  turns: number
}
export const LAID: Table = { open: [], found: [], turns: 0 }

/** After a card was touched; the same where that does nothing. */
export function turned(table: Table, card: number, pairs: number): Table {
  if (table.found.includes(card % pairs) || (table.open.length === 1 && table.open[0] === card)) return table
  const [first] = table.open.length === 1 ? table.open : []
  if (first === undefined) return { ...table, open: [card] }
  const turns = table.turns + 1
  if (!belongTogether(first, card, pairs)) return { ...table, open: [first, card], turns }
  return { open: [], found: [...table.found, card % pairs], turns }
}

export const belongTogether = (one: number, other: number, pairs: number): boolean => Math.abs(one - other) === pairs
