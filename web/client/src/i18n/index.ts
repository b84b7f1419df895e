/** Words in every language: one JSON file each in `messages/`, typed by the English one. A further language is a further file. */

import en from '../../messages/en.json'
import zh from '../../messages/zh-CN.json'
import { prefs } from '../ui/prefs.svelte'

export type Key = keyof typeof en
export type Values = Record<string, string | number>

const catalogues: Record<string, Record<Key, string>> = { 'zh-CN': zh, en }

export const languages: { tag: string; name: string }[] = [
  { tag: 'zh-CN', name: '中文' },
  { tag: 'en', name: 'English' },
]

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
  return fill((catalogues[lang] ?? en)[key] ?? en[key], values, lang)
}

export function known(key: string): key is Key {
  return key in en
}

export function time(
  at: number | Date,
  options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
): string {
  return new Intl.DateTimeFormat(prefs.lang, options).format(at)
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
