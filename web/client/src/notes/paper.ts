/** A sheet as a document of Yjs: follows the lesson's state, and sends what is written here, one update after the other. */

import * as Y from 'yjs'
import type { Sheet } from '../generated/protocol.ts'

/** The fragment that all is in; `classroom.notes.updates.ROOT`. */
export const ROOT = 'notes'
const GATHERED_MS = 350
/** Of base64; `classroom.notes.sheets.MAX_UPDATE`. */
const LONGEST = 87_384
const OTHERS = 'others'

/** How what is written gets to the lesson. */
export interface Way {
  /** Resolves when it is kept, rejects with `{code}` where it is refused. */
  write(update: string): Promise<unknown>
  /** Updates of this page, or of the one before it was loaded again, that are not acknowledged yet. */
  pending(): readonly string[]
  /** Something was refused: this document is not the lesson's any more. */
  onlost(fault: unknown): void
  onsent(all: boolean): void
}

export class Paper {
  readonly doc = new Y.Doc()
  readonly fragment = this.doc.getXmlFragment(ROOT)
  private sheet: Sheet | null = null
  private heard = -1
  private said: Uint8Array[] = []
  private timer: ReturnType<typeof setTimeout> | undefined
  private mends = false

  constructor(private readonly way: Way | null) {
    for (const update of way?.pending() ?? []) Y.applyUpdate(this.doc, bytes(update), OTHERS)
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === OTHERS || !way) return
      this.said.push(update)
      way.onsent(false)
      this.later()
    })
    addEventListener('pagehide', this.leave)
    document.addEventListener('visibilitychange', this.leave)
  }

  /** False: the sheet was another one before, as when a recording is turned back. */
  follow(sheet: Sheet): boolean {
    const { parts } = sheet
    const last = parts[parts.length - 1]?.words ?? -1
    if (last < this.heard) return false
    this.sheet = sheet
    this.doc.transact(() => {
      for (const { words, update } of parts) {
        if (words > this.heard && update) Y.applyUpdate(this.doc, bytes(update), OTHERS)
      }
    }, OTHERS)
    this.heard = last
    return true
  }

  /** What is not sent yet waits with the lesson's commands, and outlives the page. */
  close(): void {
    this.say()
    clearTimeout(this.timer)
    removeEventListener('pagehide', this.leave)
    document.removeEventListener('visibilitychange', this.leave)
    this.doc.destroy()
  }

  private readonly leave = (event: Event): void => {
    if (event.type === 'pagehide' || document.hidden) this.say()
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      if (this.way?.pending().length) return this.later()
      this.say()
    }, GATHERED_MS)
  }

  private say(): void {
    if (!this.way || !this.said.length) return
    const update = base64(Y.mergeUpdates(this.said))
    this.said = []
    this.send(update)
  }

  private send(update: string): void {
    const { way } = this
    if (!way) return
    if (update.length > LONGEST) return way.onlost({ code: 'too_large' })
    way.write(update).then(
      () => {
        this.mends = false
        way.onsent(!this.said.length && !way.pending().length)
      },
      (fault: { code?: string }) => {
        if (fault.code === 'gap' && !this.mends && this.sheet) this.mend(this.sheet)
        else way.onlost(fault)
      },
    )
  }

  /** Something that was said before is not there: all that the lesson lacks, at once. */
  private mend({ parts }: Sheet): void {
    this.mends = true
    this.said = []
    const known = new Y.Doc()
    for (const { update } of parts) if (update) Y.applyUpdate(known, bytes(update))
    this.send(base64(Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(known))))
    known.destroy()
  }
}

function bytes(text: string): Uint8Array {
  const raw = atob(text)
  const made = new Uint8Array(raw.length)
  for (let i = 0; i < raw.length; i += 1) made[i] = raw.charCodeAt(i)
  return made
}

function base64(data: Uint8Array): string {
  let raw = ''
  for (const byte of data) raw += String.fromCharCode(byte)
  return btoa(raw)
}
