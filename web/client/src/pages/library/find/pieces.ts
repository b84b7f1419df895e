/** A text in pieces, some of which are marked: stretches [from, to), in order and apart. Pure. */

export interface Piece {
  text: string
  marked: boolean
}

export function pieces(text: string, marks: readonly (readonly [number, number])[]): Piece[] {
  const out: Piece[] = []
  let at = 0
  const say = (to: number, marked: boolean): void => {
    if (to > at) out.push({ text: text.slice(at, to), marked })
    at = Math.max(at, to)
  }
  for (const [from, to] of marks) {
    say(from, false)
    say(to, true)
  }
  say(text.length, false)
  return out
}
