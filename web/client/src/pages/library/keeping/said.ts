import { known, t, type Key } from '../../../i18n'
import type { Rule } from '../../../net/keeping'
import { subjectsOf } from './subjects.svelte'

/** A code in words, or as it is where there are none. */
const of = (group: string, code: string): string => {
  const key = `${group}.${code}`
  return known(key) ? t(key as Key) : code
}

export const rowsOf = {
  kind: (code: string): string => (code ? of('catalogue.kind', code) : t('keeping.any')),
  counted: (code: string): string => of('keeping.counted', code),
  action: (code: string): string => of('keeping.action', code),
  kept: (code: string): string => of('keeping.kept', code),
  stage: (code: string): string => of('keeping.stage', code),
  fault: (code: string): string => of('keeping.waits', code),
  what: (code: string): string => of('keeping.what', code),
  held: (code: string): string => of('keeping.hold', code),
  rule: (one: Rule): string =>
    [
      rowsOf.kind(one.kind),
      ...(one.state ? [of('catalogue.state', one.state)] : []),
      ...(one.school ? [subjectsOf.school(one.school)] : []),
      ...(one.subject ? [subjectsOf.subject(one.subject)] : []),
      ...(one.collection ? [subjectsOf.collection(one.collection)] : []),
      `${rowsOf.counted(one.counted)}: ${t('keeping.age', { n: one.days })}`,
      rowsOf.action(one.action),
    ].join(' · '),
}
