/** A list that does not change its order under a hand. Call while a component is set up. */

import { untrack } from 'svelte'
import { kept } from './asked'

/** A list is at rest when it was not touched for so long. */
const REST_MS = 3000
const LOOK_MS = 500

const isReadByKeys = (list: HTMLElement) =>
  list.matches(':focus-visible') || list.querySelector(':focus-visible') !== null

export function resting(wanted: () => readonly string[]) {
  let order = $state.raw(untrack(wanted))
  const ids = $derived(kept(order, wanted()))
  let list: HTMLElement | null = null
  let over = false
  let touchedAt = -REST_MS

  /** Whoever goes through it by keys would lose their place, too. */
  const rests = () => !over && performance.now() - touchedAt > REST_MS && list !== null && !isReadByKeys(list)

  $effect(() => {
    const timer = setInterval(() => {
      const now = wanted()
      if (rests() && now.some((id, place) => id !== order[place])) order = now
    }, LOOK_MS)
    return () => clearInterval(timer)
  })

  // What has come has its place from then on.
  $effect(() => {
    const now = wanted()
    untrack(() => (order = kept(order, now)))
  })

  const touched = () => (touchedAt = performance.now())
  const entered = (event: PointerEvent) => {
    over = event.pointerType === 'mouse'
    touched()
  }
  const left = () => {
    over = false
    touched()
  }
  const HEARD = [
    ['pointerenter', entered],
    ['pointerleave', left],
    ['pointerdown', touched],
    ['pointermove', touched],
    ['touchmove', touched],
    ['wheel', touched],
    ['dragover', touched],
    ['keydown', touched],
  ] as const

  return {
    get ids() {
      return ids
    },
    /** In order at once: whoever looks at it has asked for that. */
    settle: () => (order = wanted()),
    /** The list, as Svelte's `use:` gives it. */
    watch(node: HTMLElement) {
      list = node
      for (const [kind, does] of HEARD) node.addEventListener(kind, does as EventListener, { passive: true })
      return { destroy: () => (list = null) }
    },
  }
}
