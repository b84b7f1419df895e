/** What is said of a resource beside its title: its kind, and how long it is. */

import { duration, t, type Key } from '../i18n'
import type { Watchable } from './practice'

export const sortOf = ({ kind, duration_ms: ms }: Watchable): string =>
  [t(`catalogue.kind.${kind}` as Key), ...(ms === null ? [] : [duration(ms)])].join(' · ')
