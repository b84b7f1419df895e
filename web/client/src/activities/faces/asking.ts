import type { Activity } from '../../generated/protocol.ts'
import type { IconName } from '../../ui/Icon.svelte'

/** Where a student answers: what every type's part of that is given. */
export interface AskProps<T extends Activity['type'], V> {
  activity: Extract<Activity, { type: T }>
  /** What this student has answered, or is about to; undefined: nothing. */
  value: V | undefined
  /** Whether an answer is taken now. */
  may: boolean
  /** The child who answers. */
  who: string
  /** What became of the answer. */
  icon: IconName
  onanswer: (value: V) => void
}
