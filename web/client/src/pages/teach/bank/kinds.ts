/** Of what type a question is, in words. */

import { known, t } from '../../../i18n'

export function kindOf(type: string): string {
  const key = `type.${type === 'vote' ? 'choice' : type}`
  return known(key) ? t(key) : type
}
