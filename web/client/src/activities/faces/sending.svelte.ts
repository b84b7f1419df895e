/** A work on its way: sent once, and again by hand where it did not arrive. */

import { words } from '../../net/problems'

export class Sending {
  on = $state(false)
  /** What went wrong, in words. */
  fault = $state('')

  /** Calls back with what it is called, once it is there. */
  async send(send: () => Promise<string>, done: (file: string) => void): Promise<void> {
    if (this.on) return
    this.on = true
    this.fault = ''
    try {
      done(await send())
    } catch (error) {
      this.fault = words(error)
    }
    this.on = false
  }
}
