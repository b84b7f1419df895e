import { known, t } from '../i18n'
import type { FileNote } from './bank'
import { Problem } from './request'

/** What went wrong, in words: by the server's code, else by the kind of refusal. Never the raw error. */
export function words(fault: unknown): string {
  if (!(fault instanceof Problem) && !(fault && typeof fault === 'object' && 'code' in fault)) return t('error.unknown')
  const { code, status = 0 } = fault as { code: string; status?: number }
  const key = `error.${code}`
  if (known(key)) {
    const wait = fault instanceof Problem ? (fault.retryAfterS ?? 1) : 1
    return t(key, { n: wait })
  }
  const byStatus: Record<number, Parameters<typeof t>[0]> = {
    401: 'error.unauthenticated',
    403: 'error.not_allowed',
    404: 'error.not_found',
    429: 'error.too_often',
    503: 'error.unavailable',
  }
  return t(byStatus[status] ?? (status >= 500 ? 'error.unavailable' : 'error.unknown'), { n: 1 })
}

/** What of a file was not understood, and where in it, in words: by the server's code and the fields of it, else as the
 *  server says it. */
export function noteWords({ code, fields, message }: FileNote): string {
  const key = [`note.${code}`, `error.${code}`].find(known)
  const values = { ...fields }
  for (const name of ['where', 'why'].filter((one) => one in fields)) {
    const word = [`note.${name}.${fields[name]}`, `fault.${fields[name]}`].find(known)
    if (!word) return message
    values[name] = t(word, fields)
  }
  if (!key) return message
  const said = t(key, values)
  return 'file' in fields
    ? t('note.file', { ...fields, said })
    : 'number' in fields
      ? t('note.number', { ...fields, said })
      : said
}
