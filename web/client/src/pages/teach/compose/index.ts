/** The part of the form that is a type's own. */

import type { Component } from 'svelte'
import type { Written } from '../../../activities/draft'
import type { Key } from '../../../i18n'
import type { ComposeProps } from './composing'
import ComposeGaps from './ComposeGaps.svelte'
import ComposeNumber from './ComposeNumber.svelte'
import ComposeOptions from './ComposeOptions.svelte'
import ComposeSpot from './ComposeSpot.svelte'
import ComposeData from './ComposeData.svelte'
import ComposeSurvey from './ComposeSurvey.svelte'
import ComposeRating from './ComposeRating.svelte'
import ComposeTrueFalse from './ComposeTrueFalse.svelte'
import ComposeWords from './ComposeWords.svelte'
import ComposeCloud from './ComposeCloud.svelte'
import ComposeWork from './ComposeWork.svelte'

interface Form {
  /** None: there is nothing to be said but the prompt. */
  face?: Component<ComposeProps, object, 'draft'>
  /** What is said where the draft is no question yet. */
  lacking?: Key
  /** Whether hands may be counted for it, and votes be anonymous. */
  counted?: boolean
}

const work: Form = { face: ComposeWork, lacking: 'compose.lacking.work' }
const options: Form = { face: ComposeOptions, lacking: 'compose.lacking.options' }

export const FORMS: Readonly<Record<Written, Form>> = {
  choice: { ...options, counted: true },
  multiple: { ...options, counted: true },
  truefalse: { face: ComposeTrueFalse, counted: true },
  number: { face: ComposeNumber, lacking: 'compose.lacking.number' },
  text: { face: ComposeWords },
  gaps: { face: ComposeGaps, lacking: 'compose.lacking.gaps' },
  order: options,
  match: options,
  memory: { face: ComposeOptions, lacking: 'compose.lacking.memory' },
  spot: { face: ComposeSpot, lacking: 'compose.lacking.spot' },
  cloud: { face: ComposeCloud },
  rating: { face: ComposeRating, counted: true },
  essay: work,
  spoken: work,
  drawing: work,
  upload: work,
  survey: { face: ComposeSurvey, lacking: 'compose.lacking.survey', counted: true },
  data: { face: ComposeData, lacking: 'compose.lacking.data' },
  buzzer: {},
}
