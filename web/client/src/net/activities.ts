import type { Activity, Question, State } from '../generated/protocol.ts'
import { t } from '../i18n'
import { letter } from '../ui/letters'

/** The activity that was opened last, whatever its phase. */
export function latest(state: State): Activity | null {
  const id = state.activities.order[state.activities.order.length - 1]
  return id === undefined ? null : (state.activities.by_id[id] ?? null)
}

/** What is asked; in the viewer's language where whoever asked wrote nothing. */
export const promptOf = ({ type, prompt }: Pick<Question, 'type' | 'prompt'>): string => prompt || t(`prompt.${type}`)

/** What may be chosen, in words; those that are the same for everybody in the viewer's language. */
export function optionsOf(question: Question): readonly string[] {
  switch (question.type) {
    case 'roll':
      return [t('roll.here')]
    case 'truefalse':
      return [t('answer.true'), t('answer.false')]
    case 'rating':
      return Array.from({ length: question.steps }, (_, i) => String(i + 1))
    default:
      return 'options' in question ? (question.options ?? []) : []
  }
}

/** Pictures of what may be chosen, null where one has none. */
export const picturesOf = (question: Question): readonly (string | null)[] | null | undefined =>
  'pictures' in question ? question.pictures : undefined

/** All that is written of it, in one. */
export function wordsOf(question: Question): string {
  const { prompt, explanation } = question
  const parts = 'questions' in question ? question.questions : []
  const more: unknown[] = [
    ...parts.map((one) => wordsOf(one as unknown as Question)),
    'options' in question ? question.options : null,
    'targets' in question ? question.targets : null,
    'text' in question ? question.text : null,
  ]
  return [prompt, explanation, ...more.flat()].filter(Boolean).join('\n')
}

/** What became of one's answer, in words; `mark` is how right it is. */
export function verdict(activity: Activity, mark: number): string {
  if (mark === 1) return t('answer.right')
  if (mark > 0) return t('answer.partly', { share: Math.round(100 * mark) })
  if (activity.type === 'choice' && activity.answer != null)
    return t('answer.other', { letter: letter(activity.answer) })
  if (activity.type === 'text' && activity.answer) return t('answer.accepted', { text: activity.answer[0] ?? '' })
  if (activity.type === 'number')
    return t('answer.accepted', { text: `${activity.answer} ${activity.unit ?? ''}`.trim() })
  return t('answer.wrong')
}

/** Milliseconds left to answer; null where there is no limit. */
export function left(activity: Activity, now: number): number | null {
  return activity.seconds == null ? null : Math.max(0, activity.opened_at + activity.seconds * 1000 - now)
}
