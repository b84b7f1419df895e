/** What is watched: one recording, or several that were joined, one after the other. */

import type { Event } from '../../generated/protocol.ts'
import { api, type ResourceWhole, type Track } from '../../net/api'
import { request } from '../../net/request'
import { joining } from '../../net/joining'
import { ofRecording, Slides } from '../../net/slides.svelte'
import { within, type Mark } from './chapters'
import type { Cut } from './cuts'
import { laid, placeAt, type Place } from './laying'
import { Player } from './player.svelte'
import { Stills } from './stills.svelte'
import { Timeline } from './timeline'

/** The time of a lesson as those see it who know of no other: what panels, the board and films go by. */
export type Clock = Pick<
  Player,
  'at' | 'from' | 'to' | 'cuts' | 'playing' | 'waiting' | 'rate' | 'seek' | 'shown' | 'play' | 'pause'
>

/** One recording with the clock of its own lesson. `tracks` and `place` are on the clock of the whole. */
export interface Part {
  resource: ResourceWhole
  timeline: Timeline
  slides: Slides
  stills: Stills
  clock: Clock
  place: Place
  tracks: readonly Track[]
}

/** `resource` is what was asked for. */
export interface Whole {
  resource: ResourceWhole
  parts: readonly Part[]
  player: Player
  marks: readonly Mark[]
  pauses: readonly Cut[]
}

export const partAt = (whole: Whole, at: number): Part =>
  whole.parts[
    placeAt(
      whole.parts.map(({ place }) => place),
      at,
    )
  ] as Part

/** The small picture of a track at a moment of the whole. */
export function stillOf(
  { resource, tracks, stills, place }: Part,
  track: Track | undefined,
  at: number,
): string | null {
  const own = track && resource.tracks[tracks.indexOf(track)]
  return own ? stills.at(own.id, at - place.offset) : null
}

export async function load(id: string, widest: () => number): Promise<Whole> {
  const resource = await api.resource(id)
  const ids = resource.kind === 'joined' ? (await joining.of(id)).parts.map((one) => one.id) : [id]
  const found = await Promise.all(
    ids.map(async (one) => {
      const events = request<Event[]>('GET', `/api/v1/resources/${encodeURIComponent(one)}/events`)
      return { resource: one === id ? resource : await api.resource(one), timeline: new Timeline(await events) }
    }),
  )
  const { places, durationMs, cuts } = laid(found.map(({ resource }) => resource))
  const tracks = ([] as Track[]).concat(...places.map((place) => place.tracks))
  const player = new Player(tracks, durationMs, cuts)
  const parts = found.map((one, index) => {
    const place = places[index] as Place
    const clock = found.length > 1 ? new Shifted(player, place, one.resource.cuts) : player
    const slides = new Slides(ofRecording(one.resource.id), widest)
    return { ...one, clock, place, tracks: place.tracks, slides, stills: new Stills(one.resource.id) }
  })
  return { resource, parts, player, marks: marksOf(parts), pauses: pausesOf(parts) }
}

function marksOf(parts: readonly Part[]): readonly Mark[] {
  const [only] = parts
  if (parts.length === 1 && only) return only.timeline.marks
  return ([] as Mark[]).concat(
    ...parts.map(({ resource, timeline, place: { offset, from, to } }) => [
      { at: from, kind: 'part' as const, title: resource.title },
      ...within(timeline.marks, from - offset, to - offset, resource.cuts).map((mark) => ({
        ...mark,
        at: mark.at + offset,
      })),
    ]),
  )
}

const pausesOf = (parts: readonly Part[]): readonly Cut[] =>
  ([] as Cut[]).concat(
    ...parts.map(({ timeline, place: { offset, from, to } }) =>
      timeline.pauses.map(([a, b]): Cut => [Math.max(from, a + offset), Math.min(to, b + offset)]),
    ),
  )

/** The player's clock, told as the lesson of one part tells it. */
class Shifted implements Clock {
  readonly from: number
  readonly to: number

  constructor(
    private readonly player: Player,
    private readonly place: Place,
    readonly cuts: readonly Cut[],
  ) {
    this.from = place.from - place.offset
    this.to = place.to - place.offset
  }

  get at(): number {
    return this.player.at - this.place.offset
  }
  get playing(): boolean {
    return this.player.playing
  }
  get waiting(): boolean {
    return this.player.waiting
  }
  get rate(): number {
    return this.player.rate
  }

  seek(at: number): void {
    this.player.seek(Math.max(this.place.from, at + this.place.offset))
  }
  shown(at: number): number {
    return this.player.shown(at + this.place.offset)
  }
  play(): void {
    this.player.play()
  }
  pause(): void {
    this.player.pause()
  }
}
