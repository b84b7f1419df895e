/** What a step of the plan brings out as it begins. */

import type { PlanStep } from '../../../generated/protocol.ts'
import { bank, type Banked } from '../../../net/bank'
import type { Lesson } from '../../../net/lesson.svelte'

/** Slides show this one; films stand ready at their beginning. */
export async function bringOut(lesson: Lesson, courseware: string, slide: number | null): Promise<void> {
  await lesson.ask('courseware.open', { courseware })
  if (slide !== null) await lesson.ask('slide.show', { courseware, slide })
  else await lesson.ask('courseware.play', { courseware, position_ms: 0, playing: false })
}

/** Goes to the step; a question that belongs to it is what comes back. */
export async function beginStep(lesson: Lesson, { step, opens }: PlanStep): Promise<Banked | null> {
  await lesson.ask('step.begin', { step })
  if (!opens) return null
  if ('question' in opens) return bank.get(opens.question)
  await bringOut(lesson, opens.courseware, opens.slide ?? null)
  return null
}
