/** A file that is put on the shelf from within a question, until it can be chosen there. */

import { api, type Courseware } from '../../../net/api'
import { Problem } from '../../../net/request'
import { Uploads, type Upload } from '../../../net/uploads.svelte'

const LOOK_MS = 700

export type Kind = 'picture' | 'sound'

/** A picture is a single slide. */
export const isFit = (one: Courseware, kind: Kind): boolean =>
  one.status === 'ready' && (kind === 'sound' ? one.kind === 'audio' : one.kind === 'slides' && one.slides === 1)

export class Sending {
  /** What is on its way to the server. */
  readonly uploads: Uploads
  /** It is there, and is made ready. */
  making = $state(false)
  /** Why it came to nothing: a refusal, a code of the shelf's, or that it is of another kind. */
  refused = $state.raw<{ error: unknown } | { fault: string } | 'unfit' | null>(null)
  private over = false

  constructor(
    private readonly kind: Kind,
    private readonly ready: (one: Courseware) => void,
  ) {
    this.uploads = new Uploads((id) => void this.wait(id))
  }

  get going(): Upload | undefined {
    return this.uploads.all[0]
  }

  get busy(): boolean {
    return this.making || this.going !== undefined
  }

  send(file: File): void {
    this.refused = null
    this.uploads.add([file], [])
  }

  /** Whoever asked is gone; what was sent is on the shelf all the same. */
  close(): void {
    this.over = true
  }

  private async wait(id: string): Promise<void> {
    const failed = this.going
    if (failed) {
      this.uploads.dismiss(failed.file)
      this.refused = { error: failed.fault }
      return
    }
    this.making = true
    while (!this.over && !(await this.settled(id))) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    this.making = false
  }
  /** Whether it is known what became of it. A line that is down for a while says nothing. */
  private async settled(id: string): Promise<boolean> {
    try {
      const one = (await api.shelf()).find((each) => each.id === id)
      if (!one)
        this.refused = { error: new Problem('not_found', 404) } // somebody took it off the shelf
      else if (one.status === 'failed') this.refused = { fault: one.fault ?? 'conversion_failed' }
      else if (one.status !== 'ready') return false
      else if (isFit(one, this.kind)) this.ready(one)
      else this.refused = 'unfit'
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 0 || error.status === 429 || error.status >= 500) return false
      this.refused = { error }
    }
    return true
  }
}
