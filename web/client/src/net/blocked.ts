import type { SignalData } from '../generated/protocol.ts'
import type { PeerStatus } from '../media/peer'

/** A broken way for media is said when it has lasted this long. */
const BLOCKED_MS = 3000

/** The ports by which media should come and go and does not, in words; null while it does, or may yet. */
export function blockedPorts(
  welcome: SignalData['welcome'] | null,
  ways: readonly (PeerStatus | null)[],
  now: number,
): string | null {
  for (const way of ways) {
    if (way?.name !== 'broken' || !way.ports || now - way.since <= BLOCKED_MS) continue
    return way.ports.join(', ') || (welcome?.media.ports ?? []).map((port) => `UDP ${port}`).join(', ')
  }
  return null
}
