/** What one did to a page, and how it is undone and done again: commands and their inverses. Pure. */

import { after, type Placing } from './geometry.ts'
import { placeOf, type BoardObject } from './objects.ts'
import type { Range } from './trim.ts'

export type Command = readonly [kind: string, data: Record<string, unknown>]

/** What of an object can be changed. */
export interface Change {
  object: string
  place?: Placing
  color?: string
  text?: string
  box?: readonly number[]
}

export interface Step {
  does: readonly Command[]
  undoes: readonly Command[]
  again: readonly Command[]
}

/** More steps back nobody goes. */
const KEPT = 200

const erase = (page: string, objects: readonly string[]): Command => ['object.erase', { page, objects }]
const restore = (page: string, objects: readonly string[]): Command => ['object.restore', { page, objects }]

/** Objects that were not there before. A stroke has a command of its own. */
export function added(page: string, objects: readonly BoardObject[]): Step {
  const ids = objects.map(({ object }) => object)
  return {
    does: objects.map((one): Command => {
      if (one.type !== 'stroke') return ['object.add', { page, object: one }]
      const { object: stroke, type: _, ...rest } = one
      return ['stroke.add', { stroke, page, ...rest }]
    }),
    undoes: [erase(page, ids)],
    again: [restore(page, ids)],
  }
}

/** The same again, with ids of their own, elsewhere. */
export const copied = (objects: readonly BoardObject[], id: () => string, by: Placing): BoardObject[] =>
  objects.map((one) => {
    const { by: _, z: __, ...rest } = { ...one, words: undefined }
    delete rest.words
    return { ...rest, object: id(), place: after(placeOf(one), by) }
  })

export const erased = (page: string, objects: readonly string[]): Step => ({
  does: [erase(page, objects)],
  undoes: [restore(page, objects)],
  again: [erase(page, objects)],
})

export interface Trim {
  stroke: string
  parts: readonly (Range & { stroke: string })[]
}

export function trimmed(page: string, trims: readonly Trim[]): Step {
  const whole = trims.map(({ stroke }) => stroke)
  const parts = trims.flatMap((one) => one.parts.map(({ stroke }) => stroke))
  const put = (ids: readonly string[], to: typeof erase): Command[] => (ids.length ? [to(page, ids)] : [])
  return {
    does: trims.map((one): Command =>
      one.parts.length ? ['stroke.trim', { page, ...one }] : erase(page, [one.stroke]),
    ),
    undoes: [...put(parts, erase), ...put(whole, restore)],
    again: [...put(whole, erase), ...put(parts, restore)],
  }
}

export const changed = (page: string, before: readonly Change[], now: readonly Change[]): Step => ({
  does: [['object.change', { page, changes: now }]],
  undoes: [['object.change', { page, changes: before }]],
  again: [['object.change', { page, changes: now }]],
})

/** One's own steps, back and forth. */
export class Steps {
  private past: Step[] = []
  private future: Step[] = []

  get back(): boolean {
    return this.past.length > 0
  }

  get forth(): boolean {
    return this.future.length > 0
  }

  did(step: Step): void {
    this.past = [...this.past, step].slice(-KEPT)
    this.future = []
  }

  /** The commands that undo the last step; none where there is none. */
  undo(): readonly Command[] {
    const step = this.past.pop()
    if (!step) return []
    this.future.push(step)
    return step.undoes
  }

  redo(): readonly Command[] {
    const step = this.future.pop()
    if (!step) return []
    this.past.push(step)
    return step.again
  }
}
