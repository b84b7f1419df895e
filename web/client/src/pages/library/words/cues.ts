/**
 * A list of cues and what is done to it: every change is a new list in the order of time, the old one stays as it was.
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */

/** From when to when in ms from the recording's beginning; `key` tells cues apart as long as the page lives. */
export interface Cue {
  key: number
  start_ms: number
  end_ms: number
  text: string
  speaker: string
  settings: string
}
export type Cues = readonly Cue[]

const NEW_MS = 3000
const LEAST_MS = 1
/** As many characters as the server takes in a cue. */
export const MOST = 10_000

export const nextKey = (cues: Cues): number => 1 + cues.reduce((most, { key }) => Math.max(most, key), 0)

const ordered = (cues: Cue[]): Cue[] => cues.sort((a, b) => a.start_ms - b.start_ms)

const without = (cues: Cues, key: number): Cue[] => cues.filter((cue) => cue.key !== key)

/** Another text, speaker or time. A cue that would end before it begins ends when it begins. */
export function changed(cues: Cues, key: number, change: Partial<Omit<Cue, 'key'>>): Cues {
  return ordered(
    cues.map((cue) => {
      if (cue.key !== key) return cue
      const after = { ...cue, ...change }
      return after.end_ms < after.start_ms ? { ...after, end_ms: after.start_ms } : after
    }),
  )
}

/** In two where the caret is; the time is shared by the length of the two texts. Unchanged where nothing is left of one. */
export function split(cues: Cues, key: number, caret: number): Cues {
  const cue = cues.find((one) => one.key === key)
  const [before, after] = [cue?.text.slice(0, caret).trim(), cue?.text.slice(caret).trim()]
  if (!cue || !before || !after) return cues
  const middle =
    cue.start_ms + Math.round(((cue.end_ms - cue.start_ms) * before.length) / (before.length + after.length))
  const first = { ...cue, text: before, end_ms: middle }
  const second = { ...cue, key: nextKey(cues), text: after, start_ms: middle }
  return ordered([...without(cues, key), first, second])
}

/** With the one that begins after it. */
export function merged(cues: Cues, key: number): Cues {
  const place = cues.findIndex((one) => one.key === key)
  const [cue, next] = [cues[place], cues[place + 1]]
  if (!cue || !next || cue.text.length + next.text.length >= MOST) return cues
  const whole = { ...cue, text: joined(cue.text, next.text), end_ms: Math.max(cue.end_ms, next.end_ms) }
  return ordered([...without(cues, key).filter((one) => one !== next), whole])
}

/** Words of Chinese have no space between them. */
function joined(one: string, other: string): string {
  const tight = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]$/.test(one) || /^[\u2e80-\u9fff\uf900-\uffef]/.test(other)
  return one && other ? `${one}${tight ? '' : ' '}${other}` : one + other
}

/** A new one at that moment, until the next one begins. */
export function added(cues: Cues, at: number): { cues: Cues; key: number } {
  const next = cues.find(({ start_ms }) => start_ms > at)
  const end_ms = Math.max(at + LEAST_MS, Math.min(at + NEW_MS, next?.start_ms ?? Infinity))
  const cue = { key: nextKey(cues), start_ms: at, end_ms, text: '', speaker: speakerAt(cues, at), settings: '' }
  return { cues: ordered([...cues, cue]), key: cue.key }
}

const speakerAt = (cues: Cues, at: number): string => {
  const before = cues.filter(({ start_ms }) => start_ms <= at)
  return before[before.length - 1]?.speaker ?? ''
}

export const removed = (cues: Cues, key: number): Cues => without(cues, key)

/** Every occurrence, as it is written. */
export function replaced(cues: Cues, what: string, by: string): { cues: Cues; count: number } {
  let count = 0
  if (!what) return { cues, count }
  const after = cues.map((cue) => {
    const parts = cue.text.split(what)
    count += parts.length - 1
    return parts.length > 1 ? { ...cue, text: parts.join(by).slice(0, MOST) } : cue
  })
  return { cues: count ? after : cues, count }
}

/** Those that are to be seen at a moment; several may overlap. */
export function shownAt(cues: Cues, at: number): Cue[] {
  return cues.slice(0, after(cues, at)).filter(({ end_ms }) => end_ms > at)
}

/** The place of the one that began last; -1 before the first. */
export const lastAt = (cues: Cues, at: number): number => after(cues, at) - 1

function after(cues: Cues, at: number): number {
  let [low, high] = [0, cues.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cues[middle] as Cue).start_ms > at) high = middle
    else low = middle + 1
  }
  return low
}

/** What the server reads again to the same cues; those without words are left out. */
export function written(cues: Cues): string {
  const parts = cues
    .filter(({ text }) => text.trim())
    .map((cue) => {
      const times = `${clock(cue.start_ms)} --> ${clock(cue.end_ms)} ${cue.settings}`.trim()
      const text = escaped(cue.text.split(/\s*\n\s*/).join('\n'))
      return `\n${times}\n${cue.speaker ? `<v ${escaped(cue.speaker)}>` : ''}${text.trim()}\n`
    })
  return `WEBVTT\n${parts.join('')}`
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** 3754250 → 01:02:34.250. */
export function clock(ms: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  const whole = Math.max(0, Math.round(ms))
  return `${two(whole / 3_600_000)}:${two((whole / 60_000) % 60)}:${two((whole / 1000) % 60)}.${String(whole % 1000).padStart(3, '0')}`
}

/** 1:02:34.25, 2:34 or 154.5 (s) → ms; null for what is no time. */
export function millis(text: string): number | null {
  const found = /^(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,5})(?:[.,。](\d{1,3}))?$/.exec(text.trim().replace(/：/g, ':'))
  if (!found) return null
  const [, hours = '0', minutes, seconds = '0', fraction = ''] = found
  if (minutes !== undefined && (Number(minutes) > 59 || Number(seconds) > 59)) return null
  return ((Number(hours) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0'))
}
