/** What was looked for lately, kept by the browser. */

const KEY = 'library-searches'
const MOST = 8

export function recent(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === 'string').slice(0, MOST) : []
  } catch {
    return []
  }
}

export function remember(words: string): void {
  const said = words.trim()
  if (!said) return
  try {
    localStorage.setItem(KEY, JSON.stringify([said, ...recent().filter((one) => one !== said)].slice(0, MOST)))
  } catch {
    // It is only a convenience.
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(KEY)
  } catch {
    // Nor is that.
  }
}
