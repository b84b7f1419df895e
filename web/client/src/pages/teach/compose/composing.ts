import type { Draft } from '../../../activities/draft'
import type { Courseware } from '../../../net/api'

/** Where a teacher writes a question: what every type's part of the form is given. It changes the draft. */
export interface ComposeProps {
  draft: Draft
  /** What the teacher has to show. */
  shelf: readonly Courseware[]
}
