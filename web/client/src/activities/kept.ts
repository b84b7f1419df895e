/** What a child has done so far of a question, kept where its page is: also after that was loaded anew. */

const here = new Map<string, string>()

export function kept<T>(what: string, activity: string, otherwise: T): T {
  const key = `${what}:${activity}`
  try {
    const text = sessionStorage.getItem(key) ?? here.get(key)
    return text === undefined ? otherwise : (JSON.parse(text) as T)
  } catch {
    return otherwise
  }
}

export function keep(what: string, activity: string, value: unknown): void {
  const [key, text] = [`${what}:${activity}`, JSON.stringify(value)]
  here.set(key, text)
  try {
    sessionStorage.setItem(key, text)
  } catch {
    // A browser that keeps nothing knows it as long as the page is there.
  }
}
