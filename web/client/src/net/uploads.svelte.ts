/** Files on their way to the shelf, by the core of tus 1.0.0: in pieces, going on where the line broke. */

import { api, type Courseware } from './api'
import { Problem } from './request'

const PIECE = 1 << 20
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 15_000

export interface Upload {
  /** The courseware that it becomes; empty until the server has heard of it. */
  id: string
  file: File
  sent: number
  waiting: boolean
  fault: unknown
}

/** Worth another try: the line, or the server, was not there, or something else still writes to it. */
const passes = (fault: unknown): boolean =>
  fault instanceof Problem &&
  (fault.status === 0 || fault.status >= 500 || fault.code === 'upload_busy' || fault.code === 'line_broken')

export class Uploads {
  all = $state.raw<readonly Upload[]>([])

  /** `done`: this one is whole, or over; the shelf is another now. */
  constructor(private readonly done: (id: string) => void) {}

  /** `unfinished`: what the shelf has of files that did not come whole; the same file again goes on with it. */
  add(files: Iterable<File>, unfinished: readonly Courseware[]): void {
    const begun = new Set(this.all.map(({ id }) => id))
    for (const file of Array.from(files)) {
      const known = unfinished.find(
        ({ id, name, bytes, status }) =>
          status === 'uploading' && name === file.name && bytes === file.size && !begun.has(id),
      )
      const upload: Upload = { id: known?.id ?? '', file, sent: known?.offset ?? 0, waiting: false, fault: null }
      this.all = [...this.all, upload]
      void this.send(upload)
    }
  }

  /** Takes one off the list whose refusal was read. */
  dismiss(file: File): void {
    this.all = this.all.filter((one) => one.file !== file)
  }

  private set(file: File, change: Partial<Upload>): void {
    this.all = this.all.map((one) => (one.file === file ? { ...one, ...change } : one))
  }

  private has(file: File): boolean {
    return this.all.some((one) => one.file === file)
  }

  private async send({ id, file }: Upload): Promise<void> {
    let wait = FIRST_WAIT_MS
    let offset = -1
    while (this.has(file)) {
      try {
        if (!id) {
          id = await api.beginUpload(file.name, file.size)
          offset = 0
          this.set(file, { id })
        }
        if (offset < 0) offset = await api.uploadOffset(id)
        while (offset < file.size && this.has(file)) {
          offset = await api.append(id, offset, file.slice(offset, offset + PIECE))
          wait = FIRST_WAIT_MS
          this.set(file, { sent: offset, waiting: false })
        }
        this.dismiss(file)
        return this.done(id)
      } catch (fault) {
        offset = -1
        if (!passes(fault) && !(fault instanceof Problem && fault.code === 'offset_mismatch')) {
          this.set(file, { fault, waiting: false })
          return this.done(id)
        }
        this.set(file, { waiting: true })
        await new Promise((resolve) => setTimeout(resolve, wait))
        wait = Math.min(LONGEST_WAIT_MS, wait * 2)
      }
    }
  }
}
