import type { Key } from '../../i18n'

/** Every key of the desk, in the order in which the help lists them. */
export const KEYS: readonly { key: string; shown: string; says: Key }[] = [
  { key: 'p', shown: 'P', says: 'key.pen' },
  { key: 'e', shown: 'E', says: 'key.erase' },
  { key: 'u', shown: 'U', says: 'key.undo' },
  { key: '1-6', shown: '1 … 6', says: 'key.color' },
  { key: 'PageUp', shown: 'PgUp', says: 'key.prev' },
  { key: 'PageDown', shown: 'PgDn', says: 'key.next' },
  { key: 'n', shown: 'N', says: 'key.page' },
  { key: '+-', shown: '+ −', says: 'key.zoom' },
  { key: '0', shown: '0', says: 'key.whole' },
  { key: 'v', shown: 'V', says: 'key.vote' },
  { key: 'a', shown: 'A', says: 'key.roll' },
  { key: 'x', shown: 'X', says: 'key.close' },
  { key: 's', shown: 'S', says: 'key.reveal' },
  { key: 'm', shown: 'M', says: 'key.mute' },
  { key: 'k', shown: 'K', says: 'key.camera' },
  { key: 'b', shown: 'B', says: 'key.air' },
  { key: 'w', shown: 'W', says: 'key.share' },
  { key: 'r', shown: 'R', says: 'key.record' },
  { key: 'c', shown: 'C', says: 'key.chat' },
  { key: 'j', shown: 'J', says: 'key.join' },
  { key: 'l', shown: 'L', says: 'key.class' },
  { key: 'g', shown: 'G', says: 'key.pick' },
  { key: 'd', shown: 'D', says: 'key.dismiss' },
  { key: 't', shown: 'T', says: 'key.line' },
  { key: 'h', shown: 'H', says: 'key.hands' },
  { key: 'y', shown: 'Y', says: 'key.yes' },
  { key: '?', shown: '?', says: 'key.help' },
]

/** The key of an event, if it is one of the desk's and not one that belongs to a field. */
export function deskKey(event: KeyboardEvent): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  const target = event.target as HTMLElement
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return null
  return event.key.length === 1 ? event.key.toLowerCase() : event.key
}
