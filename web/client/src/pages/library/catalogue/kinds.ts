/** The signs of kinds of resources, and which of them the player plays. */

import type { IconName } from '../../../ui/Icon.svelte'

const SIGNS: Record<string, IconName> = {
  recording: 'play',
  joined: 'play',
  courseware: 'pages',
  bank: 'asked',
  upload: 'paper',
  link: 'arrow',
}

export const KINDS = ['recording', 'courseware', 'bank', 'upload', 'link'] as const
export const signOf = (kind: string): IconName => SIGNS[kind] ?? 'paper'

/** Of which each opening is noted: children take part in them. */
export const noted = (kind: string): boolean => ['recording', 'joined'].includes(kind)

/** What is not played shows what is said of it. */
export const plays = (kind: string): boolean => !['courseware', 'bank', 'link'].includes(kind)
