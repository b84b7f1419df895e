/** What came of a question that has no options to count votes for, as rows of bars. Pure. */

import type { Activity } from '../generated/protocol.ts'
import { letter } from '../ui/letters.ts'
import { markOf, tallyOf } from './index.ts'
import type { Game } from './memory.ts'
import { plain } from './type.ts'
import { pieces } from './words.ts'

export interface Row {
  label: string
  /** What is matched, or what is right, with it. */
  detail: string
  /** Of the one and of the other, where they have any. */
  pictures?: readonly (string | null | undefined)[]
  n: number
  right: boolean
  mine: boolean
}

export interface Rows {
  /** Empty where there is only one list. */
  title: string
  rows: Row[]
}

/** Rows of a list: more are noise. */
const MOST = 8

type Of<T extends Activity['type']> = Extract<Activity, { type: T }>

/** `mine`: this viewer's own answer. */
export function rowsOf(activity: Activity, mine: unknown): Rows[] {
  switch (activity.type) {
    case 'number':
    case 'text':
      return [{ title: '', rows: words(activity, mine) }]
    case 'gaps':
      return gaps(activity, mine as string[] | undefined)
    case 'order':
      return [{ title: '', rows: places(activity, mine as number[] | undefined) }]
    case 'match':
      return [{ title: '', rows: pairs(activity, mine as (number | null)[] | undefined) }]
    case 'memory':
      return [{ title: '', rows: spread(activity, mine as Game | undefined) }]
    default:
      return []
  }
}

type Frequent = [string | number, number][]

function words(activity: Of<'number' | 'text'>, mine: unknown): Row[] {
  const field = activity.type === 'number' ? 'number' : 'text'
  const own = typeof mine === 'string' ? plain(mine) : mine
  return (tallyOf(activity) as Frequent).slice(0, MOST).map(([value, n]) => ({
    label: activity.type === 'number' && activity.unit ? `${value} ${activity.unit}` : String(value),
    detail: '',
    n,
    right: markOf(activity, { [field]: value }) === 1,
    mine: value === own,
  }))
}

function gaps(activity: Of<'gaps'>, mine: string[] | undefined): Rows[] {
  const parts = pieces(activity)
  return (tallyOf(activity) as Frequent[]).map((often, gap) => {
    const right = activity.answer?.[gap] ?? []
    const rows = often.slice(0, MOST).map(([value, n]) => ({
      label: String(value),
      detail: '',
      n,
      right: right.map(plain).includes(String(value)),
      mine: mine !== undefined && plain(mine[gap] ?? '') === value,
    }))
    const [before, after] = [(parts[gap] ?? '').trim().slice(-24), (parts[gap + 1] ?? '').trim().slice(0, 24)]
    return { title: `${before} ___ ${after}`.trim(), rows }
  })
}

/** How many took how many turns, the fewest first; where these are many, in spans. */
function spread(activity: Of<'memory'>, mine: Game | undefined): Row[] {
  const often = [...(tallyOf(activity) as [number, number][])].sort(([one], [other]) => one - other)
  const [least, most] = [often[0]?.[0] ?? 0, often[often.length - 1]?.[0] ?? 0]
  const wide = Math.max(1, Math.ceil((most - least + 1) / MOST))
  const rows = new Map<number, number>()
  for (const [turns, n] of often) {
    const from = least + Math.floor((turns - least) / wide) * wide
    rows.set(from, (rows.get(from) ?? 0) + n)
  }
  const own = mine?.found === activity.options.length ? mine.turns : -1
  return [...rows].map(([from, n]) => ({
    label: wide === 1 ? String(from) : `${from}–${from + wide - 1}`,
    detail: '',
    n,
    right: false,
    mine: from <= own && own < from + wide,
  }))
}

/** What has a picture and goes by its letter needs no words. */
export function said(
  texts: readonly string[],
  pictures: readonly (string | null)[] | null | undefined,
  i: number,
): string {
  const text = texts[i] ?? ''
  return pictures?.[i] && text === letter(i) ? '' : text
}

/** In the right order, else in that of what most put first. */
function places(activity: Of<'order'>, mine: number[] | undefined): Row[] {
  const counts = tallyOf(activity) as number[][]
  const at = (option: number): number => counts[option]?.reduce((sum, n, place) => sum + n * place, 0) ?? 0
  const order = activity.answer ?? activity.options.map((_, i) => i).sort((one, other) => at(one) - at(other))
  return order.map((option, place) => ({
    label: said(activity.options, activity.pictures, option),
    detail: '',
    pictures: [activity.pictures?.[option]],
    n: counts[option]?.[place] ?? 0,
    right: activity.answer != null,
    mine: mine?.[place] === option,
  }))
}

/** With the right target, else with that which most chose. */
function pairs(activity: Of<'match'>, mine: (number | null)[] | undefined): Row[] {
  const counts = tallyOf(activity) as number[][]
  return activity.options.map((_, option) => {
    const row = counts[option] ?? []
    const target = activity.answer?.[option] ?? row.indexOf(Math.max(...row))
    return {
      label: said(activity.options, activity.pictures, option),
      detail: said(activity.targets, activity.target_pictures, target),
      pictures: [activity.pictures?.[option], activity.target_pictures?.[target]],
      n: row[target] ?? 0,
      right: activity.answer != null,
      mine: mine?.[option] === target,
    }
  })
}
