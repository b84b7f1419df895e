/**
 * When to try again, and for how long. A server that refuses, or is not there, is tried ever more rarely, for all its pages come
 * at once; a line that is dead costs nobody anything, and is tried again as soon as a try has failed. Milliseconds.
 */

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 4000
const FIRST_PATIENCE_MS = 2000
/** What an opening may take where none has succeeded yet. */
const LONGEST_PATIENCE_MS = 10_000
/** Browsers hold sockets back once some sixteen were opened in vain; so whether the line is back is asked by HTTP. */
const ASK_MS = 900
/** Openings take this many times what they took before, at most, on a line that is back. */
const SLOWER = 3

/** Until the next try after so many that failed; `random`, in [0, 1), spreads what all pages lose at once. */
export function backoff(failed: number, longest: number, random: number): number {
  return Math.min(longest, FIRST_DELAY_MS * 2 ** failed) * (0.5 + random / 2)
}

export class Attempts {
  private refused = 0
  private silent = 0
  private openedIn: number | null = null

  /** How long a socket may take to open. */
  get patience(): number {
    if (this.openedIn === null) return LONGEST_PATIENCE_MS
    return Math.min(LONGEST_PATIENCE_MS, Math.max(FIRST_PATIENCE_MS, SLOWER * this.openedIn) * 2 ** this.silent)
  }

  /** Until the next question whether the line is back; `random` is in [0, 1). */
  ask(random: number): number {
    return ASK_MS * (0.8 + 0.4 * random)
  }

  opened(took: number): void {
    this.openedIn = took
    this.silent = 0
  }

  /** Until a try on a line that is dead. Not at once, for what all pages lose at once is the server. */
  soon(random: number): number {
    return FIRST_DELAY_MS * random
  }

  /** Nobody answered a try: until the next, which waits longer. */
  unheard(random: number): number {
    this.silent += 1
    return this.soon(random)
  }

  /** Something answered, and it was no: until the next try. */
  answered(random: number): number {
    return backoff(this.refused++, LONGEST_DELAY_MS, random)
  }

  /** In step again, or there is reason to believe that a try succeeds now. */
  reset(): void {
    this.refused = 0
    this.silent = 0
  }
}
