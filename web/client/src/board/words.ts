/** Text in a box: broken into lines as both languages want it. Pure: what measures is an argument. */

/** Chinese may break anywhere but before these. */
const NOT_FIRST = /[，。、；：？！）》」』”’%…,.;:?!)]/
const WIDE = /[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]/

/** Pieces between which a line may be broken; a space belongs to what is before it. */
function pieces(text: string): string[] {
  const found: string[] = []
  for (const sign of text) {
    const last = found[found.length - 1]
    const before = last?.[last.length - 1] ?? ''
    const apart = last === undefined || before === ' ' || ((WIDE.test(before) || WIDE.test(sign)) && sign !== ' ')
    if (apart && !NOT_FIRST.test(sign)) found.push(sign)
    else found[found.length - 1] = (last ?? '') + sign
  }
  return found
}

export function broken(text: string, width: number, measure: (text: string) => number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    for (const piece of pieces(paragraph)) {
      if (line && measure((line + piece).trimEnd()) > width) {
        lines.push(line.trimEnd())
        line = ''
      }
      line += piece
      // A word that is longer than a line is cut where the line ends.
      while (line.length > 1 && measure(line.trimEnd()) > width) {
        let end = line.length - 1
        while (end > 1 && measure(line.slice(0, end)) > width) end--
        lines.push(line.slice(0, end))
        line = line.slice(end)
      }
    }
    return [...lines, line.trimEnd()]
  })
}

export const LEADING = 1.35
export const FONT = '"Noto Sans SC", "PingFang SC", "Microsoft YaHei", Roboto, "Noto Sans CJK SC", sans-serif'
export const NOTE_PADDING = 18
