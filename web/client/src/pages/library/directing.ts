/** Which pictures stand at a moment, chosen by what the journal tells of the stage. Pure. */

import type { State } from '../../generated/protocol.ts'
import { covers, standing } from '../../media/tracks.ts'
import type { Track } from '../../net/api.ts'

export interface Pictures {
  /** Who teaches. */
  people: Track[]
  /** Who is on stage with them. */
  guests: Track[]
  /** A screen that is shared, or an encoder's courseware. */
  work: Track | null
  /** Rooms and students that were recorded, and are not on stage. */
  others: Track[]
}

const MOST_OTHERS = 4

export function pictures(tracks: readonly Track[], at: number, state: State | null): Pictures {
  const videos = tracks.filter(({ kind }) => kind === 'video')
  const of = (source: string) =>
    standing(
      videos.filter((one) => one.source === source),
      at,
    )
  const on = new Set(state?.stage.guests.filter((guest) => guest.state === 'on').map(({ participant }) => participant))
  const beside = videos.filter((one) => one.source !== 'camera' && one.source !== 'courseware' && covers(one, at))
  const cameras = of('camera')
  const guests = beside.filter(({ participant }) => on.has(participant))
  const [work = null] = of('courseware').filter((one) => covers(one, at))
  const others = beside.filter((one) => !guests.includes(one)).slice(0, MOST_OTHERS)
  if (cameras.length || guests.length) return { people: cameras, guests, work, others }
  // Nobody's camera was recorded: one of the rooms stands for the people.
  const [first] = standing(
    videos.filter(({ source }) => source !== 'courseware'),
    at,
  )
  return { people: first ? [first] : [], guests: [], work, others: others.filter((one) => one !== first) }
}

/** Who leads at a moment goes large while they speak alone; while a guest is on stage, the people do. */
export const peopleFirst = ({ guests }: Pictures): boolean => guests.length > 0
