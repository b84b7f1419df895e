import { tick } from 'svelte'

/** Text on a big screen is as large as there is room for all of it: `--fit` goes down in steps until nothing overflows. */

const STEPS = [1, 0.85, 0.72, 0.6, 0.5]

/** `_what` is what the text depends on; when it changes the text is fitted anew. `data-full` marks what no step could fit. */
export function fit(node: HTMLElement, _what: unknown) {
  function again(): void {
    delete node.dataset.full
    for (const step of STEPS) {
      node.style.setProperty('--fit', String(step))
      if (node.scrollHeight <= node.clientHeight) return
    }
    node.dataset.full = 'true'
  }
  const observer = new ResizeObserver(again)
  observer.observe(node)
  // Before the first paint, not after it.
  again()
  return {
    // What depends on it within is drawn by then, and nothing painted yet.
    update: () => void tick().then(again),
    destroy: () => observer.disconnect(),
  }
}
