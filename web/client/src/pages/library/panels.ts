/** What stands beside the pictures, a tab each. A further one is a component and a line here. */

import type { Component } from 'svelte'
import type { Key } from '../../i18n'
import type { ResourceWhole } from '../../net/api'
import { isCarried } from '../../net/carried'
import type { IconName } from '../../ui/Icon.svelte'
import Chapters from './Chapters.svelte'
import ClassNotes from './ClassNotes.svelte'
import type { Player } from './player.svelte'
import Questions from './Questions.svelte'
import type { Timeline } from './timeline'
import Remarks from './words/Remarks.svelte'
import Search from './words/Search.svelte'
import Transcript from './words/Transcript.svelte'

/** What each is given: the clock, the lesson's events on it, and what the library knows of the recording. */
export interface Beside {
  player: Player
  timeline: Timeline
  resource: ResourceWhole
}

export interface Panel {
  id: string
  icon: IconName
  says: Key
  component: Component<Beside>
  /** Whether there is anything in it, asked at every event; without it there always is. */
  has?: (beside: Beside) => boolean
}

export const PANELS: readonly Panel[] = [
  { id: 'chapters', icon: 'bullets', says: 'player.marks', component: Chapters },
  { id: 'transcript', icon: 'captions', says: 'transcript.title', component: Transcript },
  { id: 'search', icon: 'zoom', says: 'search.short', component: Search },
  { id: 'remarks', icon: 'note', says: 'remark.title', component: Remarks, has: () => !isCarried },
  {
    id: 'questions',
    icon: 'asked',
    says: 'player.questions',
    component: Questions,
    has: ({ timeline }) => timeline.asks,
  },
  {
    id: 'notes',
    icon: 'sheet',
    says: 'notes.class',
    component: ClassNotes,
    has: ({ timeline }) => timeline.notes,
  },
]
