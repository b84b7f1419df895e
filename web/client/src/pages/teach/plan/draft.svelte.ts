/** The plan as it is written. It stays until it is saved or given up, whatever else is looked at meanwhile. */

import { untrack } from 'svelte'
import type { PlanStep } from '../../../generated/protocol.ts'
import { newId, type Lesson } from '../../../net/lesson.svelte'
import { empty, written } from '../../../net/plan'

export class Draft {
  steps = $state<PlanStep[]>([])
  busy = $state(false)
  fault = $state.raw<unknown>(null)
  /** Of which plan these were made; -1: of none yet. */
  private revision = $state(-1)
  private saved = $state('[]')

  /** What is to be saved: all but steps of which nothing is written. */
  readonly full = $derived(this.steps.filter((step) => !empty(step)))
  readonly changed = $derived(JSON.stringify(this.full.map(written)) !== this.saved)

  constructor(private readonly lesson: Lesson) {}

  /** Whether there is a saved one. */
  get stands(): boolean {
    return this.revision > 0
  }

  get newer(): boolean {
    return this.lesson.state.plan.revision > this.revision && !this.busy
  }

  add(): void {
    this.steps.push({ step: newId(), title: '' })
  }

  /** The plan as it is now. */
  take(): void {
    const { plan } = this.lesson.state
    this.steps = plan.steps.map((one) => ({ ...one }))
    if (!this.steps.length) this.add()
    this.saved = JSON.stringify(this.full.map(written))
    this.fault = null
    this.keep()
  }

  /** What is written here, though there is a newer plan. */
  keep(): void {
    this.revision = this.lesson.state.plan.revision
  }

  /** Changes of the other teacher come by themselves where one has none of one's own. */
  follow(): void {
    if (this.newer && !this.changed) untrack(() => this.take())
  }

  async save(): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.fault = null
    try {
      const sent = this.full.map(written)
      await this.lesson.ask('plan.write', { revision: this.revision, steps: sent })
      this.revision += 1
      this.saved = JSON.stringify(sent)
    } catch (error) {
      this.fault = error
    }
    this.busy = false
  }
}
