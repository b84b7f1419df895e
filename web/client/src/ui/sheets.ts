/** What is higher than its place on a big screen goes by sheet after sheet, with whole lines on each, for nobody there can
 *  turn it; by the lesson's clock, so on all screens the same. */

const SHEET_MS = 8000
const LOOK_MS = 500

interface Line {
  top: number
  bottom: number
}

/** Where sheets begin: each with the first line for which there was no room on the one before. Pure. */
export function beginnings(lines: readonly Line[], height: number): number[] {
  const begins = [0]
  for (const { top, bottom } of lines) {
    const from = begins[begins.length - 1] as number
    if (bottom > from + height && top > from) begins.push(top)
  }
  return begins
}

interface Sheets {
  /** Milliseconds of the lesson's clock. */
  now: () => number
  /** Which sheet is seen, from 0, and of how many. */
  onturn: (at: number, of: number) => void
}

/** Of a paragraph that no sheet holds, each of its lines. */
function linesOf(paragraph: Element, height: number): readonly Line[] {
  const whole = paragraph.getBoundingClientRect()
  if (whole.height <= height) return [whole]
  const range = document.createRange()
  range.selectNodeContents(paragraph)
  return Array.from(range.getClientRects()).sort((a, b) => a.top - b.top)
}

export function sheets(node: HTMLElement, { now, onturn }: Sheets) {
  function look(): void {
    const [height, up] = [node.clientHeight, node.getBoundingClientRect().top - node.scrollTop]
    const lines = Array.from(node.querySelectorAll('li, p')).flatMap((one) => linesOf(one, height))
    const begins = beginnings(
      lines.map(({ top, bottom }) => ({ top: top - up, bottom: bottom - up })),
      height + 1,
    )
    const at = Math.floor(Math.max(0, now()) / SHEET_MS) % begins.length
    const [from, to] = [begins[at] as number, begins[at + 1]]
    node.scrollTop = from
    // Of the next sheet's first line nothing is seen.
    node.style.clipPath = to === undefined ? '' : `inset(0 0 ${Math.max(0, height - (to - from))}px 0)`
    onturn(at, begins.length)
  }
  const timer = setInterval(look, LOOK_MS)
  look()
  return {
    destroy: () => {
      clearInterval(timer)
      onturn(0, 1) // what comes next may have none
    },
  }
}
