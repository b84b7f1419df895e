/** Answers by where they came from: the same question for each room or group, with what these alone answered. Pure. */

import type { Activity, State } from '../generated/protocol.ts'
import { everyone, rooms, students } from '../net/people.ts'
import { headOf, numeric, type Row } from './data.ts'
import { markOf, tallyOf, typeOf } from './index.ts'
import type { Game } from './memory.ts'

export type By = 'rooms' | 'groups'

/** As what the parts are beside each other; null: they cannot be, or must not. */
export type Face = 'options' | 'numbers' | 'words' | 'marks' | 'parts' | null

/** What was voted without names belongs to no room. Who is here, and whose text is handed in, is told by the list of who is
 *  missing. */
export function faceOf(activity: Activity): Face {
  if (activity.anonymous) return null
  switch (activity.type) {
    case 'roll':
      return null
    case 'number':
    case 'memory':
      return 'numbers'
    case 'data':
      return numeric(activity).length ? 'numbers' : null
    case 'text':
    case 'cloud':
    case 'gaps':
      return 'words'
    case 'survey':
      return 'parts'
  }
  if (typeOf(activity).columns) return 'options'
  return 'answer' in activity && activity.answer != null ? 'marks' : null
}

export interface Part {
  /** The room (null: at home), or the group (null: in none). */
  of: string | null
  activity: Activity
}

const has = (record: object, key: string): boolean => Object.prototype.hasOwnProperty.call(record, key)

/** Of each student the group. */
function members({ groups }: State): Map<string, string> {
  const found = new Map<string, string>()
  for (const id of groups.order) for (const one of groups.by_id[id]?.members ?? []) found.set(one, id)
  return found
}

/** The question as it was answered there. Of how many did so and of the tally a page then makes its own. */
function having(activity: Activity, answers: Activity['answers'], counts: Activity['counts']): Activity {
  const { tally: _, answered: __, ...rest } = activity
  return { ...rest, answers, counts } as Activity
}

/** Rooms in the order in which they came, groups in theirs; those of nobody who is here and nothing that was answered are
 *  left out. Hands are a room's: counted by groups they are of none. */
export function parted(state: State, activity: Activity, by: By): Part[] {
  const groups = by === 'groups' ? members(state) : null
  const people = new Map(everyone(state).map(({ id, room }) => [id, room]))
  const placeOf = (who: string): string | null => (groups ? groups.get(who) : people.get(who)) ?? null
  const answers = new Map<string | null, Activity['answers']>()
  const at = (place: string | null): Activity['answers'] => {
    let known = answers.get(place)
    if (!known) answers.set(place, (known = {}))
    return known
  }
  const here = new Set(students(state).map(({ id }) => placeOf(id)))
  for (const [who, answer] of Object.entries(activity.answers)) at(placeOf(who))[who] = answer
  const counted = groups ? [] : Object.keys(activity.counts)
  const places = groups ? state.groups.order : [...new Set([...rooms(state), ...people.values(), ...counted])]
  return [...places.filter((place) => place !== null), null]
    .filter((place) => here.has(place) || answers.has(place) || (place !== null && counted.includes(place)))
    .map((place) => {
      const hands = place !== null && has(activity.counts, place) ? { [place]: activity.counts[place] as number[] } : {}
      return { of: place, activity: having(activity, at(place), groups ? {} : hands) }
    })
}

/** How right the answers are on average, in per cent; null where nothing is right or nobody has answered. */
export function rightness(activity: Activity): number | null {
  const marks = Object.values(activity.answers)
    .map((answer) => markOf(activity, answer))
    .filter((mark): mark is number => mark !== null)
  return marks.length ? Math.round((100 * marks.reduce((sum, mark) => sum + mark, 0)) / marks.length) : null
}

export interface Numbers {
  /** Of which column; empty where there is only one. */
  title: string
  values: number[]
}

/** The numbers that were answered, from the least on. */
export function numbersOf(activity: Activity): Numbers[] {
  const all = Object.values(activity.answers)
  const list = (title: string, values: unknown[]): Numbers => ({
    title,
    values: values.filter((one): one is number => typeof one === 'number').sort((one, other) => one - other),
  })
  switch (activity.type) {
    case 'number':
      return [
        list(
          '',
          all.map((one) => one.number),
        ),
      ]
    case 'memory': {
      const games = all.map((one) => one.game as Game | undefined)
      return [
        list(
          '',
          games.map((game) => (game?.found === activity.options.length ? game.turns : null)),
        ),
      ]
    }
    case 'data': {
      const rows = all.flatMap((one) => (one.rows ?? []) as readonly Row[])
      return numeric(activity).map((column) =>
        list(
          headOf(activity.table[column] as (typeof activity.table)[number]),
          rows.map((row) => row[column]),
        ),
      )
    }
    default:
      return []
  }
}

/** Of values in order; the mean of the two in the middle where there is no one. */
export function median(values: readonly number[]): number {
  const half = values.length >> 1
  const upper = values[half] ?? 0
  return values.length % 2 ? upper : ((values[half - 1] ?? 0) + upper) / 2
}

/** What was said most, and how often; of a text with gaps for each gap. */
export function wordsIn(activity: Activity): [string, number][][] {
  const tally = tallyOf(activity)
  return (activity.type === 'gaps' ? tally : [tally]) as [string, number][][]
}
