/**
 * Whether the line is dead, by when it was last heard. The server lets hear from it every second (docs/protocol.md, "Connecting").
 * Times are milliseconds of one clock that does not go back.
 */

/** How often to look. */
export const LOOK_MS = 250
/** A second and a quarter between beats, and a second in which one that was lost is sent again. */
export const SILENT_MS = 2300
/** After a hint that the network has changed: one beat must come. */
const DOUBTED_MS = 1500
/** A look this late means that the page itself stood still, and what came meanwhile is still to be read. */
const STALLED_MS = 1000
const READING_MS = 500

export class Silence {
  private heardAt: number
  private lookedAt: number
  private limit = SILENT_MS

  constructor(now: number) {
    this.heardAt = this.lookedAt = now
  }

  heard(now: number): void {
    this.heardAt = now
    this.limit = SILENT_MS
  }

  /** The browser says that something about the network has changed; only what is heard tells what. */
  doubt(now: number): void {
    this.limit = Math.min(this.limit, now - this.heardAt + DOUBTED_MS)
  }

  /** For how long nothing was heard where that is too long, else 0. */
  look(now: number): number {
    const stalled = now - this.lookedAt >= STALLED_MS
    this.lookedAt = now
    if (stalled) this.limit = Math.max(this.limit, now - this.heardAt + READING_MS)
    const silent = now - this.heardAt
    return silent >= this.limit ? silent : 0
  }
}
