/** Numbers as people write them, on keyboards of any width: １，５００ is 1,500 and 1500. Pure. */

const DIGITS = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i
/** Thousands apart, by commas or spaces. */
const THOUSANDS = /^[-+]?[1-9]\d{0,2}([, ])\d{3}(\1\d{3})*(\.\d*)?$/
/** As far as the server takes any. */
const MOST = 1e15

/** Of forms only the full-width ones and spaces: to NFKC, 10² were 102 too. */
const narrow = (text: string): string =>
  text
    .replace(/[\uff01-\uff5e]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))
    .replace(/\p{Zs}/gu, ' ')
    .replace(/[。｡]/g, '.')
    .replace(/−/g, '-')

/** null: it is none. `comma`: a comma is always a point, as in tables whose cells it does not part; else only where it parts
 *  no thousands. */
export function numberOf(text: string, comma = false): number | null {
  const plain = narrow(text).trim()
  const pointed = !comma && THOUSANDS.test(plain) ? plain : plain.replace(',', '.')
  const said = THOUSANDS.test(pointed) ? pointed.replace(/[, ]/g, '') : pointed
  const number = DIGITS.test(said) ? Number(said) : NaN
  return Math.abs(number) <= MOST ? number : null
}
