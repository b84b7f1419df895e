/** How a school scores participation, or that it does not; and the formula in words. */

import { t, type Key } from '../i18n'
import { request } from './request'

export interface Formula {
  terms: { counted: string; of: string | number; weight: number }[]
}
export interface Scoring {
  /** Null: no score. */
  formula: Formula | null
  /** What a school begins with. */
  usual: Formula
}

const path = (school: string): string => `/api/v1/schools/${encodeURIComponent(school)}/participation`

export const scoring = (school: string): Promise<Scoring> => request('GET', path(school))
export const score = (school: string, formula: Formula | null): Promise<Scoring> =>
  request('PUT', path(school), { formula })

export const countName = (name: string | number): string =>
  typeof name === 'number' ? String(name) : t(`result.count.${name}` as Key)

export const formulaWords = ({ terms }: Formula): string =>
  t('result.formula', {
    parts: terms.map(({ counted, of, weight }) => `${weight} × ${countName(counted)} / ${countName(of)}`).join(' + '),
    weights: terms.reduce((sum, { weight }) => sum + weight, 0),
  })
