import { getContext, setContext } from 'svelte'
import type { Draft } from '../../../activities/draft'
import type { Courseware } from '../../../net/api'

/** Where a teacher writes a question: what every type's part of the form is given. It changes the draft. */
export interface ComposeProps {
  draft: Draft
  /** What the teacher has to show. */
  shelf: readonly Courseware[]
}

const LOOKING = Symbol('looking')

/** Parts of the form may ask to have the shelf looked through again. */
export const looksBy = (look: () => Promise<void>): void => void setContext(LOOKING, look)
export const looking = (): (() => Promise<void>) => getContext(LOOKING)
