/** What came of a question that has no options to count votes for, as rows of bars. Pure. */

import type { Activity } from '../generated/protocol.ts'
import { markOf, tallyOf } from './index.ts'
import { plain } from './type.ts'
import { pieces } from './words.ts'

export interface Row {
  label: string
  /** What is matched, or what is right, with it. */
  detail: string
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

/** In the right order, else in that of what most put first. */
function places(activity: Of<'order'>, mine: number[] | undefined): Row[] {
  const counts = tallyOf(activity) as number[][]
  const at = (option: number): number => counts[option]?.reduce((sum, n, place) => sum + n * place, 0) ?? 0
  const order = activity.answer ?? activity.options.map((_, i) => i).sort((one, other) => at(one) - at(other))
  return order.map((option, place) => ({
    label: activity.options[option] ?? '',
    detail: '',
    n: counts[option]?.[place] ?? 0,
    right: activity.answer != null,
    mine: mine?.[place] === option,
  }))
}

/** With the right target, else with that which most chose. */
function pairs(activity: Of<'match'>, mine: (number | null)[] | undefined): Row[] {
  const counts = tallyOf(activity) as number[][]
  return activity.options.map((label, option) => {
    const row = counts[option] ?? []
    const target = activity.answer?.[option] ?? row.indexOf(Math.max(...row))
    return {
      label,
      detail: activity.targets[target] ?? '',
      n: row[target] ?? 0,
      right: activity.answer != null,
      mine: mine?.[option] === target,
    }
  })
}
