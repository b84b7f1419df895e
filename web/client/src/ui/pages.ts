/** What is longer than a big screen goes by page after page, for nobody there can turn it; the same on all of them. */

const PAGE_MS = 15_000
const LOOK_MS = 500

/** `after`: milliseconds since it was shown. */
export function pages(node: HTMLElement, after: () => number) {
  const timer = setInterval(() => {
    // A line of which only a part is seen is the first one of the next page.
    const line = parseFloat(getComputedStyle(node).lineHeight)
    const page = Math.max(1, Math.floor(node.clientHeight / line)) * line
    const many = 1 + Math.max(0, Math.ceil((node.scrollHeight - node.clientHeight) / page))
    node.scrollTop = (Math.floor(Math.max(0, after()) / PAGE_MS) % many) * page
  }, LOOK_MS)
  return { destroy: () => clearInterval(timer) }
}
