/** How often a page draws what many say at once. */

import type { Questions, State } from '../generated/protocol.ts'

/** Whoever watches a chart sees it grow; more often than this it only costs. */
export const CALM_MS = 100

/** Whether there is nothing new but answers to what was asked, or votes for what learners ask. */
export function onlyAnswers(before: State, after: State): boolean {
  const fresh = (Object.keys(after) as (keyof State)[]).filter((key) => key !== 'seq' && after[key] !== before[key])
  if (!fresh.length || fresh.some((key) => key !== 'activities' && key !== 'questions')) return false
  const { order, by_id } = after.activities
  return (
    before.activities.order.length === order.length &&
    order.every((one) => by_id[one]?.phase === before.activities.by_id[one]?.phase) &&
    (after.questions === before.questions || onlyVotes(before.questions, after.questions))
  )
}

function onlyVotes(before: Questions, after: Questions): boolean {
  const asked = Object.entries(after.by_id)
  return (
    before.now === after.now &&
    asked.length === Object.keys(before.by_id).length &&
    asked.every(([id, one]) => {
      const was = before.by_id[id]
      return one.state === was?.state && one.reply === was.reply
    })
  )
}

/** Tells on what it is given: at once, but that where only answers are new, and something was told a moment ago, once that
 * moment is over. To draw takes no more than a third of the time, however slow the machine: a moment is as long as that
 * asks for. `now` is in milliseconds, `wait` calls back after so many, and after what is drawn of what was told. */
export class Calm {
  private shown: State
  private newest: State
  private free = true
  private readonly tell: (state: State) => void
  private readonly now: () => number
  private readonly wait: (then: () => void, ms: number) => void

  constructor(
    first: State,
    tell: (state: State) => void,
    now: () => number,
    wait: (then: () => void, ms: number) => void,
  ) {
    this.shown = this.newest = first
    this.tell = tell
    this.now = now
    this.wait = wait
  }

  /** `atOnce`: whatever it is. */
  take(state: State, atOnce = false): void {
    this.newest = state
    if (atOnce || this.free || !onlyAnswers(this.shown, state)) this.flush()
  }

  private flush(): void {
    this.shown = this.newest
    const began = this.now()
    this.tell(this.newest)
    if (!this.free) return
    this.free = false
    this.wait(() => this.wait(() => this.over(), Math.max(CALM_MS, 2 * (this.now() - began))), 0)
  }

  private over(): void {
    this.free = true
    if (this.newest !== this.shown) this.flush()
  }
}
