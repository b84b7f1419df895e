/** What codes mean, in the language of the page; a code that no vocabulary has stays as it is. */

import { t, type Key } from '../../../i18n'
import { catalogue, CODED, type Coded, type Contributor, type Details, type Vocabularies } from '../../../net/catalogue'
import { prefs } from '../../../ui/prefs.svelte'

let found = $state.raw<Vocabularies | null>(null)
let asked: Promise<void> | null = null

/** Whether the names are there, with this page or since. */
export function knowsNames(): boolean {
  found ??= catalogue.givenVocabularies() ?? null
  return found !== null
}

/** They are there once; a line that broke is asked again by who comes next. */
export function learnNames(): Promise<void> {
  if (knowsNames()) return Promise.resolve()
  asked ??= catalogue
    .vocabularies()
    .then((now) => void (found = now))
    .catch((fault: unknown) => {
      asked = null
      throw fault
    })
  return asked
}

const spoken = (labels: Record<string, string>): string =>
  labels[prefs.lang] ?? labels[prefs.lang.split('-')[0] ?? ''] ?? labels.en ?? ''

export function named(field: Coded, code: string): string {
  const term = found?.[field].terms.find((one) => one.code === code)
  return term ? spoken(term.labels) : code
}

export const fieldName = (field: Coded): string => (found ? spoken(found[field].labels) : '')

/** To choose from: what stands there though no vocabulary has it comes first. */
export function choices(field: Coded, now = ''): { code: string; name: string }[] {
  const terms = (found?.[field].terms ?? []).map(({ code, labels }) => ({ code, name: spoken(labels) }))
  return now && !terms.some(({ code }) => code === now) ? [{ code: now, name: now }, ...terms] : terms
}

/** Of a language, in the page's own. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(prefs.lang, { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}

const isCoded = (field: string): field is Coded => (CODED as readonly string[]).includes(field)
export const label = (field: keyof Details): string =>
  isCoded(field) ? fieldName(field) : t(`catalogue.${field}` as Key)

/** What is said in a field, to be read. */
export function told(field: keyof Details, value: Details[keyof Details]): string {
  if (typeof value === 'string') {
    if (isCoded(field)) return named(field, value)
    if (field === 'language') return value && languageName(value)
    return field === 'reach' ? t(`catalogue.reach.${value}` as Key) : value
  }
  const lines = (value as (string | Contributor)[]).map((one) =>
    typeof one === 'string' ? one : `${one.name} (${t(`catalogue.role.${one.role}` as Key)})`,
  )
  return lines.join('\n')
}
