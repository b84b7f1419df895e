/** Figures of a report as one reads them. A figure is a number, or the code of why there is none. Pure. */

import { known, t, type Key } from '../../../i18n'
import type { Estimated, Figure, Question, Told } from '../../../net/report'

export type Unit = '' | '%' | 'points' | 's'

export const value = (figure: Figure | Estimated | null): number | null =>
  figure === null || typeof figure === 'string' ? null : typeof figure === 'number' ? figure : figure.value

const digits = (n: number, most: number): string => String(Number(n.toFixed(most)))

/** A number as short as it says something. */
export function number(n: number, unit: Unit = ''): string {
  if (unit === '%') return `${digits(n, 0)} %`
  if (unit === 'points') return digits(n, 0)
  if (unit === 's') return t('result.seconds', { n: digits(n / 1000, n < 10_000 ? 1 : 0) })
  return digits(n, 2)
}

/** In words, where there is none. */
export function why(code: string): string {
  const key = `result.why.${code}`
  return known(key) ? t(key as Key) : code
}

export function said(figure: Figure | Estimated | null, unit: Unit = ''): string {
  if (typeof figure === 'string') return why(figure)
  const n = value(figure)
  return n === null ? '' : number(n, unit)
}

/** Between what it lies for 19 of 20 such classes; empty where nothing is said of that. */
export const range = (figure: Estimated, unit: Unit): string =>
  typeof figure === 'string'
    ? ''
    : t('result.range', { low: number(figure.low, unit), high: number(figure.high, unit) })

/** Those of the test, in the order in which marks and facilities stand. */
export const ofTest = (report: Told) => report.questions.filter(({ figures }) => figures !== null)

/** As pages and prints count: among all that was asked. */
export const numberOf = (report: Told, question: Question): number => report.questions.indexOf(question) + 1

const BINS = 10
/** How many reached 0–10 %, 10–20 % … of the marks; the last includes all. */
export function bins(report: Told): number[] {
  const counts = new Array<number>(BINS).fill(0)
  for (const { result } of report.children) {
    if (result === null) continue
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(result / (100 / BINS))))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}

/** Marks as a sign: right, wrong, partly with how much of it, not answered. */
export const sign = (mark: number | null): string =>
  mark === null ? '·' : mark >= 1 ? '✓' : mark <= 0 ? '✗' : `${Math.round(mark * 100)}`
export const signWords = (mark: number | null): string =>
  mark === null
    ? t('result.unanswered')
    : mark >= 1
      ? t('result.right')
      : mark <= 0
        ? t('result.wrong')
        : t('result.partly', { n: Math.round(mark * 100) })
