/** What is chosen, put in order or matched, as a teacher writes it: in words, by a picture, or both. Pure. */

import { letter } from '../ui/letters.ts'

export interface Side {
  text: string
  picture: string
}

export const isThere = (one: Side | null): one is Side => one !== null
export const same = (one: Side, other: Side): boolean => one.text === other.text && one.picture === other.picture
export const unlike = (all: readonly Side[]): Side[] =>
  all.filter((one, i) => all.findIndex((other) => same(one, other)) === i)

/** Null where nothing was written. */
export const sidesOf = (texts: readonly string[], pictures: readonly string[]): (Side | null)[] =>
  texts.map((one, i) => {
    const side = { text: one.trim(), picture: pictures[i] ?? '' }
    return side.text || side.picture ? side : null
  })

interface Sides {
  options: string[]
  targets: string[]
  pictured: boolean
  pictures: string[]
  targetPictures: string[]
}

/** What is whole, the ones and the others in the same order; what nothing belongs to; whether something lacks its other. */
export function pairsOf({ options, targets, pictured, pictures, targetPictures }: Sides) {
  const others = sidesOf(targets, pictured ? targetPictures : [])
  const pairs = sidesOf(options, pictured ? pictures : []).map((one, i) => [one, others[i] ?? null] as const)
  const whole = pairs.filter((pair): pair is readonly [Side, Side] => pair.every(isThere))
  return {
    ones: whole.map(([one]) => one),
    theirs: whole.map(([, other]) => other),
    others: pairs.filter(([one]) => !one).flatMap(([, other]) => other ?? []),
    half: pairs.some(([one, other]) => one && !other),
  }
}

/** As a question has them; what has no words goes by its letter. */
export function named(texts: string, pictures: string, sides: readonly (Side | null)[]): Record<string, unknown> {
  return {
    [texts]: sides.map((one, i) => one?.text || letter(i)),
    ...(sides.some((one) => one?.picture) && { [pictures]: sides.map((one) => one?.picture || null) }),
  }
}
