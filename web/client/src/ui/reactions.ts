/** What a student can show in passing, and the picture for it. */

import type { SignalData } from '../generated/protocol.ts'
import type { IconName } from './Icon.svelte'

export type Reaction = SignalData['reaction']['reaction']

export const REACTION_ICONS: Record<Reaction, IconName> = {
  up: 'thumb',
  clap: 'clap',
  heart: 'heart',
  question: 'help',
  slower: 'wait',
}
export const REACTIONS = Object.keys(REACTION_ICONS) as Reaction[]
