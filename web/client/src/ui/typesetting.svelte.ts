/** Whether formulas can be typeset here yet. */

import type { Formula } from './formulas'

type Typeset = (formula: Formula, element: HTMLElement) => void

/** On a poor line words do not wait longer for their formulas, which come when they come. */
const PATIENT_MS = 2000

let typeset = $state.raw<Typeset | null>(null)
let late = $state(false)
let coming: Promise<void> | null = null

/** Null: it stands as it is written meanwhile. */
export const typesetter = (): Typeset | null => typeset

/** Whether there is nothing to wait for any more. */
export const settled = (): boolean => typeset !== null || late

export function wanted(): void {
  if (coming) return
  const timer = setTimeout(() => (late = true), PATIENT_MS)
  coming = import('./typeset')
    .then(async (module) => {
      await module.fonts().catch(() => undefined)
      typeset = module.typeset
    })
    .catch(() => {
      // The line is down: it can be read as it was written, and is tried again with the next.
      coming = null
      late = true
    })
    .finally(() => clearTimeout(timer))
}
