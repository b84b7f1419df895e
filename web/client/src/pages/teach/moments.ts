/** Places in a recording as people write them: 75, 1:15 and 0:01:15 are the same. Pure. Null: this is none. */
export function millis(words: string): number | null {
  const parts = words.trim().replace(/：/g, ':').split(':')
  if (parts.length > 3 || !parts.every((part) => /^\d{1,5}$/.test(part))) return null
  return 1000 * parts.reduce((sum, part) => sum * 60 + Number(part), 0)
}
