/** The teachers' plan of a lesson: what is on, what comes next, how long it has taken. Pure. */

import type { Plan, PlanStep } from '../generated/protocol.ts'

/** The step that is on, as the plan has it now; null before the first, and where it was taken out of the plan. */
export function current({ steps, begun }: Plan): PlanStep | null {
  const last = begun[begun.length - 1]
  return steps.find(({ step }) => step === last?.step) ?? null
}

/** What comes after the step that is on; where none is, the first that was not begun. */
export function following(plan: Plan): PlanStep | null {
  const { steps, begun } = plan
  const now = current(plan)
  if (now) return steps[steps.indexOf(now) + 1] ?? null
  return steps.find(({ step }) => !begun.some((one) => one.step === step)) ?? null
}

/** How long a step was on until `at` of the lesson's clock, in ms. */
export function usedMs({ begun }: Plan, step: string, at: number): number {
  let ms = 0
  begun.forEach((one, i) => {
    if (one.step === step) ms += Math.max(0, (begun[i + 1]?.at ?? at) - one.at)
  })
  return ms
}

/** A step of which nothing is written yet. */
export function empty({ title, minutes, note, opens }: PlanStep): boolean {
  return !title.trim() && !minutes && !note?.trim() && !opens
}

/** A step as it is written: without what only the server says of it. */
export function written({ step, title, minutes, note, opens }: PlanStep): PlanStep {
  return {
    step,
    title,
    ...(minutes ? { minutes } : {}),
    ...(note?.trim() ? { note } : {}),
    ...(opens ? { opens } : {}),
  }
}
