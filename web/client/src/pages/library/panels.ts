/** What stands beside the pictures, a tab each. A further one is a component and a line here. */

import type { Component } from 'svelte'
import type { Key } from '../../i18n'
import type { ResourceWhole } from '../../net/api'
import { isCarried } from '../../net/carried'
import type { IconName } from '../../ui/Icon.svelte'
import Chapters from './Chapters.svelte'
import ClassNotes from './ClassNotes.svelte'
import type { Clock, Part } from './parts'
import Questions from './Questions.svelte'
import type { Timeline } from './timeline'
import Use from './use/Use.svelte'
import Remarks from './words/Remarks.svelte'
import Search from './words/Search.svelte'
import Transcript from './words/Transcript.svelte'

/** What each is given: the clock, the lesson's events on it, and what the library knows of the recording; of several that
 * were joined, those of the one that is played. */
export interface Beside {
  player: Clock
  timeline: Timeline
  resource: ResourceWhole
  /** All of them, in order. */
  parts: readonly Part[]
}

export interface Panel {
  id: string
  icon: IconName
  says: Key
  component: Component<Beside>
  /** Whether it goes over all parts; else it is made anew for each. */
  whole?: boolean
  /** Whether there is anything of a part in it, asked at every event; without it there always is. */
  has?: (part: Pick<Beside, 'timeline' | 'resource'>) => boolean
}

export const PANELS: readonly Panel[] = [
  { id: 'chapters', icon: 'bullets', says: 'player.marks', component: Chapters, whole: true },
  { id: 'transcript', icon: 'captions', says: 'transcript.title', component: Transcript },
  { id: 'search', icon: 'zoom', says: 'search.short', component: Search, whole: true },
  {
    id: 'remarks',
    icon: 'note',
    says: 'remark.title',
    component: Remarks,
    has: ({ resource }) => !isCarried && !resource.by_link,
  },
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
  {
    id: 'use',
    icon: 'bars',
    says: 'use.title',
    component: Use,
    has: ({ resource }) => !isCarried && resource.may_edit,
  },
]
