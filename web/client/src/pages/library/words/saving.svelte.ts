/** Cues as they are edited: what is changed is saved a moment later, can be taken back, and never goes over what another wrote. */

import { api, type StoredCue } from '../../../net/api'
import { Problem } from '../../../net/request'
import { written, type Cue, type Cues } from './cues'

export type Saved = 'saved' | 'waiting' | 'saving' | 'failed' | 'theirs'

const SOON_MS = 900
const AGAIN_MS = 5000
const MOST_STEPS = 200

export class Editing {
  cues = $state.raw<Cues>([])
  saved = $state<Saved>('saved')
  past = $state.raw<readonly Cues[]>([])
  future = $state.raw<readonly Cues[]>([])
  private revision: string | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private step = ''

  constructor(
    private readonly resource: string,
    readonly language: string,
  ) {}

  take(revision: string | null, stored: readonly StoredCue[]): void {
    clearTimeout(this.timer)
    this.revision = revision
    this.cues = stored.map((cue, key) => ({ ...cue, key }))
    ;[this.past, this.future, this.saved] = [[], [], 'saved']
  }

  async load(): Promise<void> {
    const { revision, cues } = await api.cues(this.resource, this.language)
    this.take(revision, cues)
  }

  /** `step`: several changes of the same name in a row, as letters of a text, are taken back as one. */
  change(after: Cues, step = ''): void {
    if (after === this.cues) return
    if (!step || step !== this.step) this.past = [...this.past.slice(-MOST_STEPS), this.cues]
    this.step = step
    this.future = []
    this.put(after)
  }

  undo(): void {
    const before = this.past[this.past.length - 1]
    if (!before) return
    this.past = this.past.slice(0, -1)
    this.future = [...this.future, this.cues]
    this.step = ''
    this.put(before)
  }

  redo(): void {
    const after = this.future[this.future.length - 1]
    if (!after) return
    this.future = this.future.slice(0, -1)
    this.past = [...this.past, this.cues]
    this.put(after)
  }

  get unsaved(): boolean {
    return this.saved !== 'saved'
  }

  find(key: number): Cue | undefined {
    return this.cues.find((cue) => cue.key === key)
  }

  /** In the place of what another wrote meanwhile: somebody decided so. */
  async insist(): Promise<void> {
    const { revision } = await api.cues(this.resource, this.language)
    this.revision = revision
    this.saved = 'waiting'
    await this.save()
  }

  async save(): Promise<void> {
    if (this.saved === 'saving' || this.saved === 'theirs') return
    clearTimeout(this.timer)
    this.saved = 'saving'
    const sent = this.cues
    try {
      const file = new Blob([written(sent)], { type: 'text/vtt' })
      const row = await api.putCaptions(this.resource, this.language, file, this.revision, true)
      this.revision = row.revision
      this.saved = 'saved'
      if (this.cues !== sent) this.soon()
    } catch (error) {
      const changed = error instanceof Problem && error.code === 'captions_changed'
      this.saved = changed ? 'theirs' : 'failed'
      if (!changed) this.timer = setTimeout(() => void this.save(), AGAIN_MS)
    }
  }

  private put(cues: Cues): void {
    this.cues = cues
    if (this.saved !== 'saving' && this.saved !== 'theirs') this.soon()
  }

  private soon(): void {
    this.saved = 'waiting'
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.save(), SOON_MS)
  }
}
