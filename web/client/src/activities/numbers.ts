/** Numbers as people write them, on keyboards of any width: １，５００ is 1,500 and 1500. Pure. */

const DIGITS = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i
/** Thousands apart, by commas or spaces. */
const THOUSANDS = /^[-+]?[1-9]\d{0,2}([, ])\d{3}(\1\d{3})*(\.\d*)?$/
/** As far as the server takes any. */
const MOST = 1e15

/** null: it is none. `comma`: a comma is always a point, as in tables whose cells it does not part; else only where it parts
 *  no thousands. */
export function numberOf(text: string, comma = false): number | null {
  // A full-width stop and a minus of mathematics stand for themselves in NFKC.
  const plain = text.normalize('NFKC').replace(/。/g, '.').replace(/−/g, '-').trim()
  const said = !comma && THOUSANDS.test(plain) ? plain.replace(/[, ]/g, '') : plain.replace(',', '.')
  const number = DIGITS.test(said) ? Number(said) : NaN
  return Math.abs(number) <= MOST ? number : null
}
