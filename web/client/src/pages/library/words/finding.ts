/**
 * Words within texts, in any language: capitals, accents and wide forms make no difference, nor does where a line of Chinese
 * is broken. A word of Chinese is found within a sentence; where several were written without spaces and stand nowhere like
 * that, each of their characters has to stand with one of its neighbours, as in the library's search (classroom/finding.py).
 *
 * Node runs this file as it is, so it keeps to TypeScript that is only erased.
 */

const ACCENTS = /[\u0300-\u036f]/g
const WIDE = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u3000-\u303f]/
const SPACE = /\s/
const RUN =
  /([\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{323af}]+)/u
/** What a run is made of, as folded: kana with what voices them, and the parts of a syllable of Korean, are one. */
const CHARACTERS = /[\u1100-\u115f][\u1160-\u11a7]*[\u11a8-\u11ff]*|.[\u3099\u309a]*/gsu
/** They only join words: of these none has to be found. */
const JOINING = '的和与及'
const QUOTES = /["“”＂]/
/** Characters of a search that is parted; more are not looked at. */
const MOST_PARTED = 24
const AROUND = 48
const letters = new Map<string, string>()

function letter(one: string): string {
  let found = letters.get(one)
  if (found === undefined) {
    found = one.normalize('NFKD').toLowerCase().normalize('NFKD').replace(ACCENTS, '')
    letters.set(one, found)
  }
  return found
}

/** A text as it is looked through; `places` takes the letters that each of its own came from. */
function folded(text: string, places: number[] | null): string {
  let out = ''
  let wide = true
  let waiting = -1
  let at = 0
  for (const one of text) {
    if (SPACE.test(one)) waiting = waiting < 0 ? at : waiting
    else {
      const isWide = WIDE.test(one)
      if (waiting >= 0 && !wide && !isWide && out) {
        out += ' '
        places?.push(waiting)
      }
      const said = letter(one)
      out += said
      if (places) for (let i = 0; i < said.length; i++) places.push(at)
      waiting = -1
      wide = isWide
    }
    at += one.length
  }
  return out
}

export const fold = (text: string): string => folded(text, null)

/** The words that are looked for, and whether between quotation marks: those follow each other. */
const said = (query: string): { word: string; exact: boolean }[] =>
  query
    .split(QUOTES)
    .flatMap((part, at) =>
      (at % 2 ? [part] : part.split(SPACE)).map((one) => ({ word: fold(one), exact: at % 2 === 1 })),
    )
    .filter(({ word }) => word)

export const wordsOf = (query: string): string[] => said(query).map(({ word }) => word)

/** All of these, of each any. */
export type Words = readonly (string | readonly string[])[]

const any = (word: string | readonly string[]): readonly string[] => (typeof word === 'string' ? [word] : word)

/** Whether a folded text has all of them. */
export const has = (text: string, words: Words): boolean =>
  words.every((word) => any(word).some((one) => text.includes(one)))

/** Of a word with Chinese in it what has to stand in a text, wherever each of its own words does. */
function parted(word: string): Words {
  if (!RUN.test(word)) return [word]
  const runs = (word.match(/[\p{L}\p{N}\u3099\u309a]+/gu) ?? []).flatMap((one) => one.split(RUN)).filter(Boolean)
  return runs.flatMap((run): Words => (RUN.test(run) ? neighbours(run.match(CHARACTERS) ?? []) : [run]))
}

/** For each of a run's characters the pairs that it may stand in. Where their number is odd, one at an edge may be a word by
 *  itself. */
function neighbours(run: readonly string[]): string[][] {
  const pairs = run.slice(1).map((two, at) => `${run[at]}${two}`)
  const ends = (at: number): boolean => at < 0 || at >= run.length || JOINING.includes(run[at] as string)
  return run.flatMap((one, at) => {
    if (ends(at)) return []
    let [from, to] = [at, at]
    while (!ends(from - 1)) from--
    while (!ends(to + 1)) to++
    const alone = (to - from) % 2 === 0 && (at === from || at === to)
    return [[...pairs.slice(Math.max(0, at - 1), at + 1), ...(alone ? [one] : [])]]
  })
}

/** The words of a query as folded texts have them: as they were written where one has them all like that. */
export function wordsFor(query: string, texts: readonly string[]): Words {
  const all = said(query)
  const whole = all.map(({ word }) => word)
  if (texts.some((text) => has(text, whole))) return whole
  return all.flatMap(({ word, exact }) => (exact ? [word] : parted(word))).slice(0, MOST_PARTED)
}

/** Where they stand, as stretches [from, to) of the text's own letters, in order and apart. */
export function marks(text: string, words: Words): [number, number][] {
  const places: number[] = []
  const whole = folded(text, places)
  const found: [number, number][] = []
  for (const word of words.flatMap(any)) {
    for (let at = whole.indexOf(word); at >= 0; at = whole.indexOf(word, at + word.length)) {
      const last = places[at + word.length - 1] as number
      const end = last + ((text.codePointAt(last) as number) > 0xffff ? 2 : 1)
      found.push([places[at] as number, end])
    }
  }
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const apart: [number, number][] = []
  for (const [from, to] of found) {
    const before = apart[apart.length - 1]
    if (before && from <= before[1]) before[1] = Math.max(before[1], to)
    else apart.push([from, to])
  }
  return apart
}

export interface Piece {
  text: string
  marked: boolean
}

/** What is around the first of them, in pieces of which some are marked. */
export function excerpt(text: string, words: Words): Piece[] {
  const all = marks(text, words)
  const first = all[0]?.[0] ?? 0
  const [from, to] = [edge(text, Math.max(0, first - AROUND), -1), edge(text, first + 2 * AROUND, 1)]
  const pieces: Piece[] = from > 0 ? [{ text: '…', marked: false }] : []
  let at = from
  const say = (end: number, marked: boolean) => {
    if (end > at) pieces.push({ text: text.slice(at, end).replace(/\s+/g, ' '), marked })
    at = Math.max(at, end)
  }
  for (const [begin, end] of all) {
    if (begin >= to) break
    say(begin, false)
    say(end, true)
  }
  say(to, false)
  if (at < text.length) pieces.push({ text: '…', marked: false })
  return pieces
}

/** Not within a letter of two halves. */
function edge(text: string, at: number, by: 1 | -1): number {
  const code = text.charCodeAt(at)
  return Math.min(text.length, code >= 0xdc00 && code <= 0xdfff ? at + by : at)
}
