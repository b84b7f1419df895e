/** Words in every language: one JSON file each in `messages/`, typed by the English one. A further language is a further
 *  file. A page loads those of the language that it speaks. */

import type en from '../../messages/en.json'
import { prefs } from '../ui/prefs.svelte'

export type Key = keyof typeof en
export type Values = Record<string, string | number>
type Catalogue = Record<Key, string>

export const languages: { tag: string; name: string; load: () => Promise<{ default: Catalogue }> }[] = [
  { tag: 'zh-CN', name: '中文', load: () => import('../../messages/zh-CN.json') },
  { tag: 'en', name: 'English', load: () => import('../../messages/en.json') },
]

const ENGLISH = 'en'
const catalogues = new Map<string, Catalogue>()

/** What is to be said in this language, or in English where there is no such one, is there from then on. */
export async function learn(lang: string): Promise<void> {
  const known = languages.find(({ tag }) => tag === lang) ?? languages.find(({ tag }) => tag === ENGLISH)
  if (known && !catalogues.has(lang)) catalogues.set(lang, (await known.load()).default)
}

/** A page that has them already. */
export const knows = (lang: string, words: Catalogue): unknown => catalogues.set(lang, words)

/** The page speaks another language, once it has learnt it; without the line it stays with the old one. */
export async function speak(lang: string): Promise<void> {
  try {
    await learn(lang)
    prefs.set({ lang })
  } catch {
    // It may be asked for again.
  }
}

const plurals = new Map<string, Intl.PluralRules>()

/** `{n, plural one(room) other(rooms)}` by the language's own rule; `{name}` is the value. */
function fill(text: string, values: Values, lang: string): string {
  return text.replace(/\{(\w+)(?:, plural ((?:\w+\([^)]*\) ?)+))?\}/g, (whole, name: string, forms?: string) => {
    const value = values[name]
    if (value === undefined) return whole
    if (!forms) return String(value)
    let rule = plurals.get(lang)
    if (!rule) plurals.set(lang, (rule = new Intl.PluralRules(lang)))
    const wanted = rule.select(Number(value))
    const found = new Map([...forms.matchAll(/(\w+)\(([^)]*)\)/g)].map((m) => [m[1], m[2]]))
    return found.get(wanted) ?? found.get('other') ?? ''
  })
}

export function t(key: Key, values: Values = {}, lang: string = prefs.lang): string {
  const catalogue = catalogues.get(lang) ?? catalogues.get(prefs.lang)
  return fill(catalogue?.[key] ?? key, values, lang)
}

export function known(key: string): key is Key {
  return Object.prototype.hasOwnProperty.call(catalogues.get(prefs.lang) ?? {}, key)
}

/** To make one takes far longer than to use it. */
const formats = new Map<string, Intl.DateTimeFormat>()

export function time(
  at: number | Date,
  options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
): string {
  const key = prefs.lang + JSON.stringify(options)
  let format = formats.get(key)
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(prefs.lang, options)))
  return format.format(at)
}

export function day(at: number | Date): string {
  return time(at, { year: 'numeric', month: 'short', day: 'numeric' })
}

/** 754000 → 12:34, 3754000 → 1:02:34. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`
}
