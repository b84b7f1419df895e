/** Formulas, by KaTeX: large, and loaded where there is one to be seen. */

import katex from 'katex'
import 'katex/dist/katex.min.css'
import type { Formula } from './formulas'

/** Whoever wrote it is not trusted: no links, no pictures, no markup, and neither much nor large. What cannot be read
 *  stands as it was written. MathML is there for who does not see it. */
export function typeset({ tex, display, source }: Formula, element: HTMLElement): void {
  try {
    katex.render(tex, element, {
      displayMode: display,
      output: 'htmlAndMathml',
      trust: false,
      strict: 'ignore',
      throwOnError: true,
      maxExpand: 200,
      maxSize: 10,
    })
  } catch {
    element.textContent = source
  }
}

/** Those that nearly every formula has; resolves once they are there. */
export const fonts = (): Promise<unknown> =>
  Promise.all(['KaTeX_Main', 'italic 1em KaTeX_Math', 'KaTeX_Size1', 'KaTeX_Size2'].map(load))

const load = (font: string): Promise<unknown> => document.fonts.load(font.includes(' ') ? font : `1em ${font}`)
