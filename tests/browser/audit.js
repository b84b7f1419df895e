// What a person would trip over on the page as it stands: a list of [rule, where, what].
// Put into pages before they load, so that layout shifts are counted from the first paint.
;(() => {
  const SLACK_PX = 1.5
  const TARGETS = 'a[href], button, input, select, textarea, summary, [role=button], [role=tab]'

  window.layoutShifts = []
  const keep = (entries) => {
    for (const entry of entries) {
      if (entry.hadRecentInput) continue
      const moved = entry.sources.map(({ node }) => (node ? name(node) : '?')).join(', ')
      window.layoutShifts.push({ value: entry.value, moved, at: Math.round(entry.startTime) })
    }
  }
  const observer = new PerformanceObserver((list) => keep(list.getEntries()))
  observer.observe({ type: 'layout-shift', buffered: true })

  /** What moved since it was asked last. */
  window.moved = () => {
    keep(observer.takeRecords())
    return window.layoutShifts.splice(0)
  }

  function name(node) {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement
    if (!element) return node.nodeName
    const id = element.closest('[data-testid]')
    const own = element.tagName.toLowerCase() + [...element.classList].filter((c) => !c.startsWith('svelte-')).map((c) => '.' + c).join('')
    const text = (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 30)
    return `${id ? `[${id.dataset.testid}] ` : ''}${own}${text ? ` “${text}”` : ''}`
  }

  function visible(element) {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (style.display === 'none' || style.visibility === 'hidden' || style.opacity === '0') return false
      if (at.parentElement?.matches('details:not([open])') && !at.matches('summary')) return false
      if (at.matches('details:not([open])') && !element.closest('summary')) return false
      if (at.matches('.visually-hidden, .katex-mathml, noscript, option')) return false
    }
    return true
  }

  const scrolls = (value) => value === 'auto' || value === 'scroll'

  /** Where a rectangle is cut off, and by whom: null where it is all there or can be scrolled to. */
  function cut(element, rect, words) {
    let x = true
    let y = true
    for (let at = words ? element : element.parentElement; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (at === document.body || at === document.documentElement) break
      if (style.display !== 'inline') {
        const box = at.getBoundingClientRect()
        const shortened = words && style.textOverflow === 'ellipsis'
        if (words && style.webkitLineClamp !== 'none') y = false
        if (x && scrolls(style.overflowX)) x = false
        if (y && scrolls(style.overflowY)) y = false
        if (x && style.overflowX !== 'visible') {
          if (shortened) x = false
          else if (rect.left < box.left - SLACK_PX || rect.right > box.right + SLACK_PX) return [at, 'across']
        }
        if (y && style.overflowY !== 'visible') {
          if (rect.top < box.top - SLACK_PX || rect.bottom > box.bottom + SLACK_PX) return [at, 'down']
        }
      }
      if (style.position === 'fixed') {
        if (x && (rect.left < -SLACK_PX || rect.right > innerWidth + SLACK_PX)) return [document.body, 'across']
        if (y && (rect.top < -SLACK_PX || rect.bottom > innerHeight + SLACK_PX)) return [document.body, 'down']
        return null
      }
    }
    if (x && (rect.left + scrollX < -SLACK_PX || rect.right > innerWidth + SLACK_PX)) return [document.body, 'across']
    return null
  }

  function clipped(faults) {
    const page = document.scrollingElement
    if (page.scrollWidth > innerWidth + 1) faults.push(['overflow', 'page', `${page.scrollWidth} px wide`])
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const range = document.createRange()
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const element = text.parentElement
      if (!text.data.trim() || !visible(element)) continue
      range.selectNodeContents(text)
      for (const rect of range.getClientRects()) {
        if (!rect.width) continue
        // A line's box may be taller than its glyphs.
        const lean = Math.min(rect.height * 0.15, 8)
        const inner = new DOMRect(rect.x, rect.y + lean, rect.width, rect.height - 2 * lean)
        const by = cut(element, inner, true)
        if (by) {
          faults.push(['clipped', name(element), `${by[1]} by ${name(by[0])}`])
          break
        }
      }
    }
    for (const element of document.querySelectorAll(`${TARGETS}, img, video, canvas`)) {
      if (!visible(element)) continue
      const rect = element.getBoundingClientRect()
      if (!rect.width || !rect.height) continue
      const by = cut(element, rect, false)
      if (by) faults.push(['clipped', name(element), `${by[1]} by ${name(by[0])}`])
    }
    for (const field of document.querySelectorAll('input:not([type=range]):not([type=checkbox]), textarea')) {
      if (!visible(field) || !field.value) continue
      if (field.scrollHeight > field.clientHeight + SLACK_PX) faults.push(['clipped', name(field), 'its value, down'])
    }
  }

  function inText(element) {
    if (element.tagName !== 'A' || getComputedStyle(element).display !== 'inline') return false
    return (element.parentElement.textContent ?? '').trim().length > (element.textContent ?? '').trim().length
  }

  function small(faults, least, answer) {
    for (const element of document.querySelectorAll(TARGETS)) {
      if (!visible(element) || inText(element)) continue
      const label = element.closest('label')
      const marked = element.type === 'checkbox' || element.type === 'radio'
      const rect = (marked && label ? label : element).getBoundingClientRect()
      const high = /^answer-[A-Z]$/.test(element.dataset.testid ?? '') ? answer : least
      if (rect.width < least - 0.5 || rect.height < high - 0.5) {
        faults.push(['target', name(element), `${Math.round(rect.width)} × ${Math.round(rect.height)} px`])
      }
    }
  }

  /** A `dialog` is one without saying so. */
  const DIALOG = 'dialog, [role=dialog]'

  /** Targets that something else lies over: a touch would go elsewhere. */
  function covered(faults) {
    for (const element of document.querySelectorAll(TARGETS)) {
      if (!visible(element)) continue
      const rect = element.getBoundingClientRect()
      const x = rect.x + rect.width / 2
      const y = rect.y + rect.height / 2
      if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight || cutAt(element, x, y)) continue
      const top = document.elementFromPoint(x, y)
      if (!top || element.contains(top) || top.contains(element) || top.closest('label')?.contains(element)) continue
      if (top.closest(DIALOG) || top.querySelector(DIALOG)) continue
      faults.push(['covered', name(element), `by ${name(top)}`])
    }
  }

  /** Whether a point of an element is scrolled out of sight. */
  function cutAt(element, x, y) {
    for (let at = element.parentElement; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue
      const box = at.getBoundingClientRect()
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) return true
    }
    return false
  }

  function unreadable(faults, least) {
    const nothing = /^[\s\u200b]*$/ // KaTeX holds lines open by letters of no width
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const element = text.parentElement
      if (nothing.test(text.data) || !visible(element)) continue
      const size = parseFloat(getComputedStyle(element).fontSize)
      if (size < least - 0.05) faults.push(['text', name(element), `${size.toFixed(1)} px of ${least.toFixed(1)}`])
    }
  }

  // A group of radio buttons and the like has one stop; this product has none of them.
  window.reachable = () => [...document.querySelectorAll(TARGETS)].filter((one) => visible(one) && !one.disabled && one.tabIndex >= 0)
  window.named = name
  window.focused = () => {
    const element = document.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return [window.reachable().indexOf(element), outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, name(element)]
  }

  window.audit = ({ target, answer, text }) => {
    const faults = []
    clipped(faults)
    small(faults, target, answer)
    covered(faults)
    if (text) unreadable(faults, innerHeight * text)
    return faults
  }
})()
