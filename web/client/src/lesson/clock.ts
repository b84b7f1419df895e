/**
 * The lesson's clock as this page knows it, in milliseconds. Every message carries the clock at the moment it was made, and
 * arrives later, never earlier: so the largest (at − arrival) seen is the best estimate, less than one way's delay behind.
 */
export class LessonClock {
  private offset = -Infinity
  private running = false

  /** Forgets everything: the server may have re-anchored the clock (a new connection). Stopped, it shows `at`. */
  reset(at: number, running: boolean, local: number): void {
    this.running = running
    this.offset = running ? at - local : at
  }

  /** A message made at `at` (lesson clock) came at `local` (milliseconds of a clock that never goes back). */
  heard(at: number, local: number): void {
    if (this.running) this.offset = Math.max(this.offset, at - local)
  }

  start(at: number, local: number): void {
    if (!this.running) this.reset(at, true, local)
  }

  stop(at: number): void {
    this.running = false
    this.offset = at
  }

  at(local: number): number {
    const at = this.running ? this.offset + local : this.offset
    return at > 0 ? Math.round(at) : 0
  }
}
