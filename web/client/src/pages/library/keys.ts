/** What the keys do while a recording is watched. */

import type { Key } from '../../i18n'
import type { Player } from './player.svelte'

const SHORT_MS = 5000
const LONG_MS = 10_000
const FRAME_MS = 40
const LOUDER = 0.1

/** What the page does for the keys that are not the player's. */
export interface Does {
  chapter(by: 1 | -1): void
  full(): void
  mute(): void
  swap(): void
  form(): void
  captions(): void
  search(): void
  question(): void
  help(): void
}

export const KEYS: readonly { key: string; shown: string; says: Key }[] = [
  { key: ' ', shown: '␣ K', says: 'player.key.play' },
  { key: 'ArrowLeft', shown: '← →', says: 'player.key.short' },
  { key: 'j', shown: 'J L', says: 'player.key.long' },
  { key: ',', shown: ', .', says: 'player.key.frame' },
  { key: 'n', shown: 'N P', says: 'player.key.chapter' },
  { key: '0', shown: '0–9', says: 'player.key.tenth' },
  { key: 'Home', shown: 'Home End', says: 'player.key.ends' },
  { key: '<', shown: '< >', says: 'player.speed' },
  { key: 'ArrowUp', shown: '↑ ↓', says: 'player.volume' },
  { key: 'm', shown: 'M', says: 'player.mute' },
  { key: 'c', shown: 'C', says: 'player.captions' },
  { key: '/', shown: '/', says: 'search.title' },
  { key: 'q', shown: 'Q', says: 'player.questions' },
  { key: 'x', shown: 'X', says: 'player.swap' },
  { key: 'v', shown: 'V', says: 'player.view' },
  { key: 'f', shown: 'F', says: 'player.full' },
  { key: '?', shown: '?', says: 'keys.title' },
]

/** What a key does, null for one that does nothing. */
export function act(key: string, player: Player, does: Does): (() => void) | null {
  const actions: Readonly<Record<string, () => void>> = {
    ' ': () => player.toggle(),
    k: () => player.toggle(),
    ArrowLeft: () => player.leap(-SHORT_MS),
    ArrowRight: () => player.leap(SHORT_MS),
    j: () => player.leap(-LONG_MS),
    l: () => player.leap(LONG_MS),
    ',': () => frame(player, -1),
    '.': () => frame(player, 1),
    Home: () => player.seek(player.from),
    End: () => player.seek(player.to),
    '<': () => player.speed(-1),
    '>': () => player.speed(1),
    ArrowUp: () => player.louder(LOUDER),
    ArrowDown: () => player.louder(-LOUDER),
    n: () => does.chapter(1),
    p: () => does.chapter(-1),
    m: () => does.mute(),
    c: () => does.captions(),
    '/': () => does.search(),
    f: () => does.full(),
    q: () => does.question(),
    x: () => does.swap(),
    v: () => does.form(),
    '?': () => does.help(),
  }
  if (/^\d$/.test(key)) return () => player.seek(player.moment((player.length * Number(key)) / 10))
  const name = key.length === 1 ? key.toLowerCase() : key
  return Object.prototype.hasOwnProperty.call(actions, name) ? (actions[name] ?? null) : null
}

function frame(player: Player, by: 1 | -1): void {
  player.pause()
  player.leap(by * FRAME_MS)
}
