import type { IconName } from '../../ui/Icon.svelte'
import type { Mark } from './chapters'

export const ICONS: Readonly<Record<Mark['kind'], IconName>> = {
  activity: 'bars',
  page: 'pen',
  slide: 'picture',
  film: 'play',
  asked: 'asked',
  part: 'book',
  step: 'numbers',
}
