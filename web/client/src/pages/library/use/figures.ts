/** From counts to what a chart shows. Pure; runs in Node as it is. */

import { after, type Cut } from '../cuts.ts'

export interface Day {
  day: number
  views: number
}

/** The last so many days up to `today`, those without views too. */
export function lastDays(days: readonly Day[], today: number, many: number): Day[] {
  const views = new Map(days.map((one) => [one.day, one.views]))
  return Array.from({ length: many }, (_, index) => {
    const day = today - many + 1 + index
    return { day, views: views.get(day) ?? 0 }
  })
}

const MOST_BARS = 120

/** Which share of the views played each stretch, 0 to 1; what was cut out is not there. */
export function dropOff(
  plays: readonly number[],
  views: number,
  partMs: number,
  from: number,
  to: number,
  cuts: readonly Cut[],
): { at: number; share: number }[] {
  const every: { at: number; share: number }[] = []
  for (let part = Math.floor(from / partMs); part * partMs < to; part++) {
    const at = Math.max(from, part * partMs)
    if (after(cuts, at) >= Math.min(to, (part + 1) * partMs)) continue
    every.push({ at, share: views ? Math.min(1, (plays[part] ?? 0) / views) : 0 })
  }
  const step = Math.ceil(every.length / MOST_BARS) || 1
  const out: { at: number; share: number }[] = []
  for (let index = 0; index < every.length; index += step) {
    const some = every.slice(index, index + step)
    out.push({ at: some[0]?.at ?? from, share: some.reduce((sum, one) => sum + one.share, 0) / some.length })
  }
  return out
}
