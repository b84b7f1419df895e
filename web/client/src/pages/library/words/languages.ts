/** Languages by their names, as those who speak them write them where the browser knows. */

import { prefs } from '../../../ui/prefs.svelte'

export const USUAL = ['zh-CN', 'en', 'zh-TW', 'bo', 'ug', 'mn', 'ja', 'ko', 'fr', 'de', 'es', 'ru', 'ar'] as const

interface Names {
  of(tag: string): string | undefined
}
type Maker = new (locales: string[], options: { type: 'language' }) => Names

/** `中文（中国） · zh-CN` */
export function languageName(tag: string): string {
  try {
    const { DisplayNames } = Intl as unknown as { DisplayNames?: Maker }
    const name = DisplayNames && new DisplayNames([prefs.lang], { type: 'language' }).of(tag)
    return name && name !== tag ? `${name} · ${tag}` : tag
  } catch {
    return tag
  }
}
