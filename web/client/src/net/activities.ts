import type { Activity, State } from '../generated/protocol.ts'
import { t } from '../i18n'

/** The activity that was opened last, whatever its phase. */
export function latest(state: State): Activity | null {
  const id = state.activities.order[state.activities.order.length - 1]
  return id === undefined ? null : (state.activities.by_id[id] ?? null)
}

/** What is asked; in the viewer's language where whoever asked wrote nothing. */
export function promptOf({ type, prompt }: Pick<Activity, 'type' | 'prompt'>): string {
  return prompt || t(type === 'roll' ? 'roll.prompt' : 'vote.default')
}

/** What may be answered. A roll call has one answer, which everyone reads in their own language. */
export function optionsOf({ type, options }: Pick<Activity, 'type' | 'options'>): readonly string[] {
  return type === 'roll' ? [t('roll.here')] : options
}

/** Votes per option: as revealed or counted, else of the answers and counted hands that this viewer may see. */
export function counts(activity: Activity): number[] {
  if (activity.tally) return [...activity.tally]
  const votes = activity.options.map(() => 0)
  for (const choice of Object.values(activity.answers)) {
    if (typeof choice === 'number') votes[choice] = (votes[choice] ?? 0) + 1
  }
  for (const hands of Object.values(activity.counts)) hands.forEach((n, i) => (votes[i] = (votes[i] ?? 0) + n))
  return votes
}

/** Milliseconds left to answer; null where there is no limit. */
export function left(activity: Activity, now: number): number | null {
  return activity.seconds == null ? null : Math.max(0, activity.opened_at + activity.seconds * 1000 - now)
}
