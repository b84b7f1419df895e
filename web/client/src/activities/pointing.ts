/** A crosshair over a picture, moved by keys. Pure. */

const STEP = 0.02
const LEAP = 0.1
const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export const rounded = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * 1e4) / 1e4

/** Where it is after the key, with Shift further; null where that moves nothing. */
export function stepped(
  [x, y]: readonly [number, number],
  { key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>,
): [number, number] | null {
  const way = WAYS[key]
  if (!way) return null
  const by = shiftKey ? LEAP : STEP
  return [rounded(x + way[0] * by), rounded(y + way[1] * by)]
}
