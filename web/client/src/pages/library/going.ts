/** Where one stopped watching is kept, and gone on from. */

import { api } from '../../net/api'
import type { Player } from './player.svelte'

const EVERY_MS = 10_000
/** So near to an end it is no place to go on from. */
const NEAR_MS = 10_000

/** Leads to where this account stopped; whether there was such a place. */
export async function resume(resource: string, player: Player): Promise<boolean> {
  try {
    const { at } = await api.stopped(resource)
    if (at === null || at < player.from + NEAR_MS || at > player.to - NEAR_MS) return false
    player.seek(at)
    return true
  } catch {
    return false
  }
}

/** Tells the server every so often, and when the page is left. Answers how to end it. */
export function keeping(resource: string, player: Player): () => void {
  let told = player.at
  const tell = (): void => {
    if (player.at === told) return
    told = player.at
    api.stop(resource, Math.round(told)).catch(() => undefined)
  }
  const hidden = (): void => void (document.visibilityState === 'hidden' && tell())
  const timer = setInterval(tell, EVERY_MS)
  document.addEventListener('visibilitychange', hidden)
  return () => {
    tell()
    clearInterval(timer)
    document.removeEventListener('visibilitychange', hidden)
  }
}
