import type { CommandData } from '../../generated/protocol.ts'
import type { IconName } from '../../ui/Icon.svelte'

export type LineSignal = CommandData['line.send']['signal']

/** What the teachers say to each other in one touch. */
export const SIGNALS: readonly { signal: LineSignal; icon: IconName }[] = [
  { signal: 'slower', icon: 'slow' },
  { signal: 'not_understood', icon: 'help' },
  { signal: 'please_wait', icon: 'pause' },
  { signal: 'two_minutes', icon: 'wait' },
  { signal: 'all_done', icon: 'check' },
  { signal: 'trouble', icon: 'warn' },
]
