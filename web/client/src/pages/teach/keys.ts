import { shifted } from '../../board/geometry'
import type { ToolName } from '../../board/tools'
import type { Writing } from '../../board/writing.svelte'
import type { Key } from '../../i18n'

/** Board units, with Shift ten times as far. */
const NUDGE = 4

export const TOOL_KEYS: Readonly<Record<string, ToolName>> = {
  p: 'pen',
  f: 'highlighter',
  e: 'erase',
  o: 'shape',
  i: 'text',
  q: 'select',
  z: 'laser',
}

/** Every key of the desk, in the order in which the help lists them. */
export const KEYS: readonly { key: string; shown: string; says: Key }[] = [
  { key: 'p', shown: 'P', says: 'key.pen' },
  { key: 'f', shown: 'F', says: 'tools.marker' },
  { key: 'e', shown: 'E', says: 'key.erase' },
  { key: 'o', shown: 'O', says: 'tools.shape' },
  { key: 'i', shown: 'I', says: 'tools.text' },
  { key: 'q', shown: 'Q', says: 'tools.select' },
  { key: 'z', shown: 'Z', says: 'tools.laser' },
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
  { key: '7', shown: '7', says: 'key.asked' },
  { key: '8', shown: '8', says: 'key.step' },
  { key: '9', shown: '9', says: 'plan.title' },
  { key: 'y', shown: 'Y', says: 'key.yes' },
  { key: '/', shown: '/', says: 'key.courseware' },
  { key: '.', shown: '.', says: 'wall.title' },
  { key: ';', shown: ';', says: 'notes.title' },
  { key: "'", shown: "'", says: 'works.title' },
  { key: ',', shown: ',', says: 'visit.end' },
  { key: '?', shown: '?', says: 'key.help' },
]

const isField = (target: HTMLElement): boolean =>
  target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)

/** The key of an event, if it is one of the desk's and not one that belongs to a field. */
export function deskKey(event: KeyboardEvent): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  const target = event.target as HTMLElement
  if (isField(target)) return null
  return event.key.length === 1 ? event.key.toLowerCase() : event.key
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** What keys do on every drawing board: back and forth, and to what is selected. True: it was one of these. */
export function boardKey(event: KeyboardEvent, writing: Writing): boolean {
  const target = event.target as HTMLElement
  if (isField(target) || event.altKey) return false
  const key = event.key.toLowerCase()
  if (event.ctrlKey || event.metaKey) {
    const does: Record<string, () => void> = {
      z: () => (event.shiftKey ? writing.redo() : writing.undo()),
      y: () => writing.redo(),
      d: () => writing.copy(),
    }
    if (!does[key] || (key === 'd' && !writing.chosen.length)) return false
    does[key]()
    return true
  }
  if (!writing.chosen.length) return false
  const arrow = ARROWS[event.key]
  const far = event.shiftKey ? NUDGE * 10 : NUDGE
  if (arrow) writing.shift(shifted(arrow[0] * far, arrow[1] * far))
  else if (event.key === 'Delete' || event.key === 'Backspace') writing.erase()
  else if (event.key === 'Escape') writing.select([])
  else return false
  return true
}
