/** The face of each type where a student answers. */

import type { Component } from 'svelte'
import type { Question } from '../../generated/protocol.ts'
import type { AskProps } from './asking'
import AskBuzzer from './AskBuzzer.svelte'
import AskChoice from './AskChoice.svelte'
import AskData from './AskData.svelte'
import AskGaps from './AskGaps.svelte'
import AskMatch from './AskMatch.svelte'
import AskMemory from './AskMemory.svelte'
import AskOrder from './AskOrder.svelte'
import AskRating from './AskRating.svelte'
import AskRoll from './AskRoll.svelte'
import AskSeveral from './AskSeveral.svelte'
import AskSpot from './AskSpot.svelte'
import AskSurvey from './AskSurvey.svelte'
import AskWords from './AskWords.svelte'
import AskDrawing from './AskDrawing.svelte'
import AskSpoken from './AskSpoken.svelte'
import AskUpload from './AskUpload.svelte'

// Each is given only activities and values of its own types.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Ask = Component<AskProps<any, any>>

export const ASK = {
  choice: AskChoice,
  vote: AskChoice,
  truefalse: AskChoice,
  roll: AskRoll,
  rating: AskRating,
  multiple: AskSeveral,
  number: AskWords,
  text: AskWords,
  essay: AskWords,
  cloud: AskWords,
  gaps: AskGaps,
  order: AskOrder,
  match: AskMatch,
  memory: AskMemory,
  spot: AskSpot,
  buzzer: AskBuzzer,
  survey: AskSurvey,
  spoken: AskSpoken,
  drawing: AskDrawing,
  upload: AskUpload,
  data: AskData,
} as unknown as Readonly<Record<Question['type'], Ask>>
