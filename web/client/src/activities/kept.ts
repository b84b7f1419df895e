/** What a child has done so far of a question, kept where its page is: also after that was loaded anew. Several may answer
 *  at one page, each for itself. */

const here = new Map<string, string>()

const keyOf = (what: string, activity: string, who: string): string => `${what}:${activity}:${who}`

export function kept<T>(what: string, activity: string, who: string, otherwise: T): T {
  const key = keyOf(what, activity, who)
  try {
    const text = sessionStorage.getItem(key) ?? here.get(key)
    return text === undefined ? otherwise : (JSON.parse(text) as T)
  } catch {
    return otherwise
  }
}

export function keep(what: string, activity: string, who: string, value: unknown): void {
  const [key, text] = [keyOf(what, activity, who), JSON.stringify(value)]
  here.set(key, text)
  try {
    sessionStorage.setItem(key, text)
  } catch {
    // A browser that keeps nothing knows it as long as the page is there.
  }
}
