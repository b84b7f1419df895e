/** Parts of a page that are large, and fetched when they are about to be needed. */

const AGAIN_MS = 2000

/** A part that could not be fetched is not fetched again as long as the page lives (html, "fetch a module script"), and is
 * not there any more where the server is a newer one: the page loads itself anew once the server answers. */
export async function arriving<T>(load: () => Promise<{ default: T }>): Promise<T> {
  try {
    return (await load()).default
  } catch {
    for (;;) {
      await new Promise((done) => setTimeout(done, AGAIN_MS))
      const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null)
      if (answer?.ok) location.reload()
    }
  }
}
