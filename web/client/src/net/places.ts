import type { State } from '../generated/protocol.ts'
import { t } from '../i18n'
import { roomName } from './people.ts'
import { nameOfRoom } from './rooms.svelte.ts'

/** Where someone is, in words; empty where the viewer may not know who is in that room. */
export const placeName = (state: State, room: string | null): string =>
  room === null ? t('join.home') : nameOfRoom(room) || roomName(state, room)

/** A teacher on the line between them, and from which room. */
export function speakerName(state: State, participant: string, name: string | null | undefined): string {
  const room = state.participants[participant]?.room
  return [name || t('person.nameless'), room ? placeName(state, room) : ''].filter(Boolean).join(' · ')
}
