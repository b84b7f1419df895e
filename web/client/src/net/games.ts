/** How teams stand, and who was picked by chance. */

import type { Competition, State } from '../generated/protocol.ts'
import { t } from '../i18n'
import { letter } from '../ui/letters.ts'
import { groupOf } from './handouts.ts'
import { placeName } from './places.ts'

export interface Standing {
  team: string
  name: string
  points: number
  /** 1 is the first; who have the same share a place. */
  place: number
}

function nameOf(state: State, { by, teams }: Competition, at: number): string {
  const team = teams[at]
  if (by === 'rooms') return placeName(state, team?.team ?? '') || t('person.nameless')
  return team?.name ?? (by === 'groups' ? t('groups.n', { n: at + 1 }) : letter(at))
}

/** The teams, who has most points first; of those who have the same, as they were named. */
export function standings(state: State, competition: Competition): Standing[] {
  const points = new Map(Object.entries(competition.points))
  const of = (team: string) => points.get(team) ?? 0
  return competition.teams
    .map(({ team }, at) => ({
      team,
      name: nameOf(state, competition, at),
      points: of(team),
      place: 1 + competition.teams.filter((other) => of(other.team) > of(team)).length,
    }))
    .sort((one, other) => one.place - other.place)
}

/** The team that a student is in. */
export function teamOf(state: State, { by }: Competition, student: string): string | null {
  if (by === 'teams') return null
  return by === 'groups' ? groupOf(state, student) : (state.participants[student]?.room ?? null)
}

/** The names of those who are picked, in the order of chance. */
export const pickedNames = ({ pick }: State): string[] =>
  pick.now?.participants.map((one) => pick.now?.names?.[one] || t('person.nameless')) ?? []
