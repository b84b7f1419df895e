/** The parts of a recording, from what happened in the lesson. Pure. */

import type { Activity } from '../../generated/protocol.ts'
import { after, type Cut } from './cuts.ts'

/** Something that one would look for. */
export type Mark = { at: number } & (
  | { kind: 'activity'; asked: Pick<Activity, 'type' | 'prompt'> }
  | { kind: 'page'; number: number }
  | { kind: 'slide'; courseware: string; number: number; name: string }
  | { kind: 'film'; name: string }
  | { kind: 'asked'; text: string }
  | { kind: 'part'; title: string }
  | { kind: 'step'; title: string }
)

/** A stretch of the line of time; `mark` is null for what comes before the first. */
export interface Chapter {
  from: number
  to: number
  mark: Mark | null
}

/** Which of several that begin together names the chapter. */
const WEIGHT: Readonly<Record<Mark['kind'], number>> = {
  part: 6,
  step: 5,
  activity: 4,
  film: 3,
  slide: 2,
  page: 1,
  asked: 0,
}

/** What goes on until another takes its place. */
const LASTING: readonly Mark['kind'][] = ['page', 'slide', 'step']

/** Those that are there between two moments: of what was shown while it was cut, what was still shown thereafter. */
export function within(marks: readonly Mark[], from: number, to: number, cuts: readonly Cut[]): Mark[] {
  const out: Mark[] = []
  for (const mark of marks) {
    const at = Math.max(from, after(cuts, mark.at))
    if (at > to || (at !== mark.at && !LASTING.includes(mark.kind))) continue
    const steps = mark.kind === 'step'
    const overtaken = out.findIndex(
      (one) => one.at === at && LASTING.includes(one.kind) && (one.kind === 'step') === steps,
    )
    if (at !== mark.at && overtaken >= 0) out.splice(overtaken, 1)
    out.push(at === mark.at ? mark : { ...mark, at })
  }
  return out
}

/**
 * The line in parts, none shorter than `leastMs` but where there is no more: shorter ones are part of the one before. Where
 * the lesson had a plan, these are its steps.
 */
export function chapters(all: readonly Mark[], from: number, to: number, leastMs: number): Chapter[] {
  const planned = all.some(({ kind }) => kind === 'step')
  const marks = planned ? all.filter(({ kind }) => kind === 'step' || kind === 'part') : all
  const out: { from: number; to: number; mark: Mark | null }[] = [{ from, to, mark: null }]
  for (const mark of marks) {
    const last = out[out.length - 1] as (typeof out)[number]
    if (mark.at - last.from >= leastMs && to - mark.at >= leastMs) {
      last.to = mark.at
      out.push({ from: mark.at, to, mark })
    } else if (WEIGHT[mark.kind] > (last.mark ? WEIGHT[last.mark.kind] : -1)) last.mark = mark
  }
  return out
}

/** The mark that was passed last, -1 before the first. */
export function passed(marks: readonly Mark[], at: number): number {
  let found = -1
  marks.forEach((mark, i) => mark.at <= at && (found = i))
  return found
}
