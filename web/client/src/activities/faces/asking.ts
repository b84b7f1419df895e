import type { Activity } from '../../generated/protocol.ts'
import type { Pictures } from '../../board/drawing'
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
  /** Characters of a long text, where these are fewer than elsewhere. */
  longest?: number
  /** Not where one only practises: a work has nobody there to mark it. */
  handing?: Handing
}

/** The options that are right, where it is known by now. */
export const rightOf = (activity: Activity): readonly number[] =>
  activity.phase === 'revealed' && 'answer' in activity ? ([activity.answer ?? []].flat() as number[]) : []

/** Where an answer is a work. */
export type AskWorkProps<T extends Activity['type']> = AskProps<T, string> & { handing: Handing }

/** What an answer that is a work needs besides. */
export interface Handing {
  /** Of the lesson: where what one has handed in is to be had. */
  base: string
  /** Sends it, for this activity; answers what the answer calls it. */
  send: (work: Blob) => Promise<string>
  pictures: Pictures
}
