/** What happens while something is played, from looking at it now and then: who watches began, paused, or went elsewhere. */

import type { Happened } from '../../../net/finding'

/** Where a player is, in ms of the lesson's clock, at which speed, and whether it plays; `now`, in ms, when one looked. */
export interface Look {
  at: number
  rate: number
  playing: boolean
  now: number
}
export type Moment = Pick<Happened, 'what' | 'at' | 'from'>

/** A player that is slow to begin, or late by a frame, has gone nowhere. */
const STEADY_MS = 1_500

export function happened(before: Look | null, now: Look): Moment[] {
  const out: Moment[] = []
  const plays = before?.playing ?? false
  if (before) {
    const due = before.at + (plays ? (now.now - before.now) * before.rate : 0)
    const stopped = plays && !now.playing
    const went = now.at < before.at - STEADY_MS || now.at > due + STEADY_MS
    if (went) out.push({ what: 'seeked', from: plays && !stopped ? Math.round(due) : before.at, at: now.at })
  }
  if (now.playing && !plays) out.push({ what: 'played', at: now.at })
  if (!now.playing && plays) out.push({ what: 'paused', at: now.at })
  return out
}
