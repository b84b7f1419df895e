/** The captions of a recording and what is noted at its moments, as the panels and the pictures share them. */

import { duration } from '../../../i18n'
import { api, type CaptionsOf, type Remark } from '../../../net/api'
import { words as inWords } from '../../../net/problems'
import { prefs } from '../../../ui/prefs.svelte'
import type { Clock } from '../parts'
import { shownAt, type Cue } from './cues'
import { Editing } from './saving.svelte'

export const SIZES = ['small', 'medium', 'large'] as const
export const GROUNDS = ['dark', 'light', 'none'] as const

/** How captions are shown over the picture, kept by the browser. */
export interface Shown {
  on: boolean
  language: string
  size: (typeof SIZES)[number]
  ground: (typeof GROUNDS)[number]
}

const KEY = 'captions'
const LOOK_MS = 4000
const USUAL: Shown = { on: false, language: '', size: 'medium', ground: 'dark' }

function kept(): Shown {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Shown> | null
    const all = { ...USUAL, ...read }
    return SIZES.includes(all.size) && GROUNDS.includes(all.ground) ? all : USUAL
  } catch {
    return USUAL
  }
}

/** The same for all that is watched on this page. */
const look = $state({ shown: kept() })

export class Words {
  all = $state.raw<CaptionsOf | null>(null)
  editing = $state.raw<Editing | null>(null)
  remarks = $state.raw<readonly Remark[] | null>(null)
  fault = $state<string | null>(null)
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(readonly resource: string) {
    void this.load()
    void this.loadRemarks()
  }

  get shown(): Shown {
    return look.shown
  }

  get from(): number {
    return this.all?.from_ms ?? 0
  }

  get languages(): string[] {
    return this.all?.captions.map(({ language }) => language) ?? []
  }

  /** When a cue begins, as the player tells the time. */
  time(player: Clock, start_ms: number): string {
    return duration(player.shown(this.from + start_ms))
  }

  /** What is to be read over the picture at a moment of the lesson's clock. */
  at(at: number): Cue[] {
    return this.shown.on && this.editing ? shownAt(this.editing.cues, at - this.from) : []
  }

  show(change: Partial<Shown>): void {
    look.shown = { ...look.shown, ...change }
    try {
      localStorage.setItem(KEY, JSON.stringify(this.shown))
    } catch {
      // A private window may refuse; the choice then lasts as long as the page.
    }
    if (change.language) void this.open(change.language)
  }

  async load(): Promise<void> {
    try {
      this.all = await api.captions(this.resource)
      this.fault = null
      const { language } = this.editing ?? {}
      const wanted = [language, this.shown.language, prefs.lang, ...this.languages]
      const found = wanted.find((one) => one && this.languages.includes(one))
      if (found && found !== language) await this.open(found)
      if (!found) this.editing = null
    } catch (error) {
      this.fault = inWords(error)
    }
    const { status } = this.all?.captioning ?? {}
    clearTimeout(this.timer)
    if (status === 'waiting' || status === 'asked') {
      this.timer = setTimeout(() => void this.load(), LOOK_MS)
    }
  }

  async open(language: string): Promise<void> {
    if (this.editing?.unsaved) await this.editing.save()
    const editing = new Editing(this.resource, language)
    try {
      await editing.load()
      this.editing = editing
    } catch (error) {
      this.fault = inWords(error)
    }
  }

  /** A file's; raises Problem. */
  async put(language: string, file: Blob): Promise<void> {
    const before = this.all?.captions.find((one) => one.language.toLowerCase() === language.toLowerCase())
    const row = await api.putCaptions(this.resource, language, file, before?.revision ?? null, false)
    this.editing = null
    this.show({ language: row.language, on: true })
    await this.load()
  }

  /** None yet: to be written by hand. */
  async begin(language: string): Promise<void> {
    await this.put(language, new Blob(['WEBVTT\n'], { type: 'text/vtt' }))
  }

  async remove(language: string): Promise<void> {
    await api.removeCaptions(this.resource, language)
    this.editing = null
    await this.load()
  }

  async ask(): Promise<void> {
    await api.askForCaptions(this.resource)
    await this.load()
  }

  async loadRemarks(): Promise<void> {
    try {
      this.remarks = await api.remarks(this.resource)
    } catch (error) {
      this.fault = inWords(error)
    }
  }

  /** Puts one in its place, or takes it away. */
  stands(id: string, now: Remark | null): void {
    const others = (this.remarks ?? []).filter((one) => one.id !== id)
    this.remarks = now ? [...others, now].sort((a, b) => a.at - b.at) : others
  }
}

const open = new Map<string, Words>()

/** Of one recording there is one, whichever panel asks. */
export function wordsOf(resource: string): Words {
  let found = open.get(resource)
  if (!found) open.set(resource, (found = new Words(resource)))
  return found
}
