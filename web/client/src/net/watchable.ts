/** What is said of a resource beside its title: its kind, and how long it is. */

import { duration, t, type Key } from '../i18n'
import type { Watchable } from './practice'

export const sortOf = ({ kind, duration_ms: ms }: Watchable): string =>
  [t(`catalogue.kind.${kind}` as Key), ...(ms === null ? [] : [duration(ms)])].join(' · ')

/** A little before something is said. */
const LEAD_MS = 1_000
/** For a player's address: from where it plays, in ms of the lesson's clock. */
export const startAt = (at: number): string => `at=${Math.max(0, at - LEAD_MS)}`
