import type { Draft } from '../../../activities/draft'

/** Where a teacher writes a question: what every type's part of the form is given. It changes the draft. */
export interface ComposeProps {
  draft: Draft
}
