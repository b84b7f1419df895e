/** Words with formulas in them: `\(…\)` stands in the line, `$$…$$` on one of its own. Pure. */

export interface Formula {
  /** In LaTeX. */
  tex: string
  display: boolean
  /** As it is written, for where it cannot be typeset. */
  source: string
}

const FORMULA = /\\\(([^]+?)\\\)|\$\$([^]+?)\$\$/g

export function piecesOf(text: string): (string | Formula)[] {
  const pieces: (string | Formula)[] = []
  let at = 0
  for (const { 0: source, 1: line, 2: block, index = 0 } of text.matchAll(FORMULA)) {
    if (index > at) pieces.push(text.slice(at, index))
    pieces.push({ tex: line ?? block ?? '', display: block !== undefined, source })
    at = index + source.length
  }
  if (at < text.length) pieces.push(text.slice(at))
  return pieces
}

export const hasFormula = (text: string): boolean => piecesOf(text).some((one) => typeof one !== 'string')
