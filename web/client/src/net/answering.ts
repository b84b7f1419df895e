/** Who of which room has answered, and who is missing. */

import type { Activity, State } from '../generated/protocol.ts'
import { rooms, students, type Someone } from './people.ts'

export interface RoomAnswers {
  /** null: at home. */
  room: string | null
  of: number
  missing: Someone[]
  /** Hands that its teacher counted. */
  hands: number
}

/** `held`: whose anonymous votes are not written yet. */
export function answersByRoom(state: State, activity: Activity, held: readonly string[] = []): RoomAnswers[] {
  const places: (string | null)[] = [...rooms(state), null]
  return places
    .map((room) => {
      const here = students(state, room)
      const answered = (id: string) => Object.prototype.hasOwnProperty.call(activity.answers, id) || held.includes(id)
      const counted = room === null ? [] : (activity.counts[room] ?? [])
      return {
        room,
        of: here.length,
        missing: here.filter(({ id }) => !answered(id)),
        hands: counted.reduce((sum, n) => sum + n, 0),
      }
    })
    .filter(({ of, hands }) => of + hands > 0)
}
