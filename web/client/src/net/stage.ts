/** Who leads, who is on stage and who is called on, as a page shows it. */

import type { Guest, State } from '../generated/protocol.ts'
import type { Showing } from '../media/receive'

/** A guest on stage, and its picture where it sends one. */
export interface OnStage extends Guest {
  picture: Showing | undefined
}

const camera = (slot: Showing): boolean => slot.kind === 'video' && slot.source !== 'courseware'

export function standing(state: State, participant: string): Guest['state'] | null {
  return state.stage.guests.find((guest) => guest.participant === participant)?.state ?? null
}

/** Who leads may sit in any seat; an encoder's picture takes the place of the lead's own. */
export function leadPicture(state: State, showing: readonly Showing[]): Showing | undefined {
  const guests = new Set(state.stage.guests.map(({ participant }) => participant))
  return showing.find(
    ({ kind, source, participant }) =>
      kind === 'video' &&
      source === 'camera' &&
      (participant === state.lead.participant ||
        (state.participants[participant]?.role === 'encoder' && !guests.has(participant))),
  )
}

export function courseware(showing: readonly Showing[]): Showing | undefined {
  return showing.find(({ kind, source }) => kind === 'video' && source === 'courseware')
}

/** Those on stage besides the viewer and whoever is in its room, whom it sees without a screen. */
export function guestsFor(state: State, showing: readonly Showing[], me: string, room: string | null): OnStage[] {
  return state.stage.guests
    .filter(({ participant, state: stands }) => {
      const theirs = state.participants[participant]?.room ?? null
      return stands === 'on' && participant !== me && (room === null || theirs !== room)
    })
    .map((guest) => ({
      ...guest,
      picture: showing.find((slot) => camera(slot) && slot.participant === guest.participant),
    }))
}
