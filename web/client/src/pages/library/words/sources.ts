/**
 * What of a recording can be looked through, each with its moment: made of the events that this viewer has, and of what else
 * the viewer was given. Pure; runs in Node as it is.
 */

import type { Event, State } from '../../../generated/protocol.ts'
import type { Cues } from './cues.ts'
import { fold, has, type Words } from './finding.ts'

export const KINDS = ['transcript', 'slides', 'board', 'chat', 'asked', 'activities', 'notes'] as const
export type Kind = (typeof KINDS)[number]

/** `folded` is what is looked through: the text and `who` said it, where that is known. */
export interface Source {
  kind: Kind
  at: number
  text: string
  folded: string
  who: string
}

export const source = (kind: Kind, at: number, text: string, who = ''): Source => ({
  kind,
  at,
  text,
  folded: fold(`${text}\n${who}`),
  who,
})

export interface SlidesText {
  courseware: string
  texts: string[]
}

interface Said {
  message: string
  text?: string
  name?: string
}
interface Placed {
  page: string
  object?: { id: string; text?: string }
  changes?: { id: string; text?: string }[]
}
interface Opened {
  prompt: string
  options?: unknown[]
}

export function fromTranscript(cues: Cues, from: number): Source[] {
  return cues.map(({ start_ms, text, speaker }) => source('transcript', from + start_ms, text, speaker))
}

/** What the lesson's events have of words. What was hidden since is not there. */
export function fromEvents(events: readonly Event[]): Source[] {
  const hidden = new Set(events.filter(({ kind }) => kind === 'chat.hidden').map(({ data }) => (data as Said).message))
  const found: Source[] = []
  const say = (kind: Kind, at: number, text: string | null | undefined, who?: string) =>
    text && found.push(source(kind, at, text, who))
  for (const { kind, at, data } of events) {
    if (kind === 'chat.said') {
      const { message, text, name } = data as Said
      if (!hidden.has(message)) say('chat', at, text, name)
    } else if (kind === 'object.added') say('board', at, (data as Placed).object?.text)
    else if (kind === 'object.changed') for (const { text } of (data as Placed).changes ?? []) say('board', at, text)
    else if (kind === 'activity.opened') {
      const { prompt, options = [] } = data as Opened
      say('activities', at, [prompt, ...options.filter((one) => typeof one === 'string')].join(' · '))
    }
  }
  return found
}

/** What learners asked, where it was spoken of, else where it was asked. */
export function fromQuestions({ by_id }: State['questions']): Source[] {
  return Object.values(by_id).flatMap(({ at, moment, text, name }) =>
    text ? [source('asked', moment ?? at, text, name ?? '')] : [],
  )
}

/** Each slide whenever it came to be shown; `shows` are the moments, in order. */
export function fromSlides(shows: readonly Show[], texts: readonly SlidesText[]): Source[] {
  const known = new Map(texts.map(({ courseware, texts }) => [courseware, texts]))
  return shows.flatMap(({ at, courseware, slide }) => {
    const text = known.get(courseware)?.[slide - 1]
    return text?.trim() ? [source('slides', at, text)] : []
  })
}

export interface Show {
  at: number
  courseware: string
  slide: number
}

/** When which slide came to be under what is written. */
export function shows(events: readonly Event[]): Show[] {
  const papers = new Map<string, { courseware: string; slide: number }>()
  const found: Show[] = []
  let open = ''
  for (const { kind, at, data } of events) {
    const { page, paper } = data as { page: string; paper?: { courseware?: string; slide?: number } }
    const told = kind === 'page.added' || kind === 'page.changed'
    if (told && paper?.courseware !== undefined && paper.slide !== undefined) {
      papers.set(page, { courseware: paper.courseware, slide: paper.slide })
    } else if (told) papers.delete(page)
    if (kind === 'page.shown') open = page
    const shown = kind === 'page.shown' || (kind === 'page.changed' && page === open) ? papers.get(page) : undefined
    if (shown) found.push({ at, ...shown })
  }
  return found
}

export interface Group<T extends Source> {
  kind: Kind
  found: T[]
}

/** By kind, each in the order of time; of recordings that follow each other, in that of these (`order`). */
export function search<T extends Source>(
  sources: readonly T[],
  words: Words,
  order: (one: T) => number = () => 0,
): Group<T>[] {
  if (!words.length) return []
  const found = sources.filter((one) => has(one.folded, words))
  return KINDS.map((kind) => ({
    kind,
    found: found.filter((one) => one.kind === kind).sort((a, b) => order(a) - order(b) || a.at - b.at),
  })).filter((group) => group.found.length)
}
