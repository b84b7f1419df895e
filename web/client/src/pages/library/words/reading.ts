/** A file of captions that somebody chose, as text, whatever tool it was written with. */

const MARKS: readonly [string, readonly number[]][] = [
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** UTF-8 or UTF-16 by what it begins with, else as it was usual in China. */
export function decoded(bytes: Uint8Array): string {
  const marked = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte))
  if (marked) return new TextDecoder(marked[0]).decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

/** Its media type: SubRip begins with a number and times with commas. */
export function typeOf(text: string): 'text/vtt' | 'application/x-subrip' {
  const srt = /^\s*(?:\d+\s*\r?\n)?\s*\d+:\d+:\d+[,.]\d+\s*-->/.test(text)
  return srt ? 'application/x-subrip' : 'text/vtt'
}

/** What the name of the file says of the language: `lesson.zh-CN.vtt`. */
export function languageOf(name: string): string | null {
  return /[._-]([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\.(?:vtt|srt|txt)$/i.exec(name)?.[1] ?? null
}
