/** The small pictures of a recording: fetched by runs of some minutes when one of them is first asked for. */

import { runAddress, stillsOf, type StillsIndex } from '../../net/stills'

export class Stills {
  private index = $state.raw<StillsIndex | null>(null)
  /** By track and run: the address of each, by its number. */
  private runs = $state.raw<Readonly<Record<string, ReadonlyMap<number, string>>>>({})
  private readonly asked = new Set<string>()
  private readonly addresses: string[] = []

  constructor(private readonly resource: string) {}

  /** The address of the picture that stands at a moment of the lesson; null until it is here, or where there is none. */
  at(track: string, at: number): string | null {
    this.once('', () => this.load())
    const stills = this.index?.tracks.find((one) => one.track === track)?.stills ?? []
    let still = stills[0]
    for (const one of stills) if (one[1] <= at) still = one
    if (!this.index || !still) return null
    const run = Math.floor(still[0] / this.index.run)
    const key = `${track}/${run}`
    this.once(key, () => this.fetch(track, run))
    return this.runs[key]?.get(still[0]) ?? null
  }

  close(): void {
    for (const address of this.addresses) URL.revokeObjectURL(address)
  }

  private once(key: string, work: () => Promise<void>): void {
    if (this.asked.has(key)) return
    this.asked.add(key)
    work().catch(() => undefined) // the line tells the time without pictures too
  }

  private async load(): Promise<void> {
    this.index = await stillsOf(this.resource)
  }

  private async fetch(track: string, run: number): Promise<void> {
    const { index } = this
    if (!index) return
    const answer = await fetch(runAddress(this.resource, track, run, index.revision))
    if (!answer.ok) return
    const data = await answer.blob()
    const found = new Map<number, string>()
    let from = 0
    for (const [number, , bytes] of index.tracks.find((one) => one.track === track)?.stills ?? []) {
      if (Math.floor(number / index.run) !== run) continue
      const address = URL.createObjectURL(data.slice(from, from + bytes, 'image/webp'))
      this.addresses.push(address)
      found.set(number, address)
      from += bytes
    }
    this.runs = { ...this.runs, [`${track}/${run}`]: found }
  }
}
