/** Parts of a page that are large, and fetched when they are about to be needed. */

const AGAIN_MS = 2000

/** Until the line carries it. */
export async function arriving<T>(load: () => Promise<{ default: T }>): Promise<T> {
  for (;;) {
    try {
      return (await load()).default
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN_MS))
    }
  }
}
