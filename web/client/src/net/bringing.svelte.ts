/** Files on their way into the library, one after the other: each becomes a resource, or nothing of it does. */

import { request, sendWhole } from './request'

export interface Brought {
  file: File
  state: 'waiting' | 'sending' | 'looking' | 'done' | 'refused'
  sent: number
  /** The resource that came of it. */
  id: string
  fault: unknown
}

const LETTERS = 200
const title = (file: File): string => file.name.replace(/\.[^.]*$/, '').slice(0, LETTERS) || file.name.slice(0, LETTERS)

export class Bringing {
  all = $state.raw<readonly Brought[]>([])
  private stops = new Map<File, AbortController>()
  private busy = false

  constructor(
    private readonly owner: string,
    private readonly done: () => void,
  ) {}

  add(files: Iterable<File>): void {
    const told = Array.from(files)
      .filter(({ name }) => !name.startsWith('.'))
      .map((file): Brought => ({ file, state: 'waiting', sent: 0, id: '', fault: null }))
    this.all = [...this.all, ...told]
    void this.go()
  }

  /** Has one not come in, or takes one off the list that is over. */
  leave(file: File): void {
    this.stops.get(file)?.abort()
    this.all = this.all.filter((one) => one.file !== file)
  }

  leaveAll(): void {
    for (const stop of this.stops.values()) stop.abort()
    this.all = []
  }

  private async go(): Promise<void> {
    if (this.busy) return
    this.busy = true
    for (let next = this.next(); next; next = this.next()) await this.bring(next)
    this.busy = false
  }

  private next(): File | undefined {
    return this.all.find(({ state }) => state === 'waiting')?.file
  }

  private set(file: File, change: Partial<Brought>): void {
    this.all = this.all.map((one) => (one.file === file ? { ...one, ...change } : one))
  }

  private async bring(file: File): Promise<void> {
    const stop = new AbortController()
    this.stops.set(file, stop)
    this.set(file, { state: 'sending' })
    const name = `file.${/\.([a-z0-9]{1,5})$/i.exec(file.name)?.[1]?.toLowerCase() ?? 'bin'}`
    let base = ''
    try {
      const said = { files: { [name]: { bytes: file.size } }, title: title(file), owner: this.owner }
      base = `/api/v1/imports/${(await request<{ id: string }>('POST', '/api/v1/imports', said)).id}`
      await sendWhole(`${base}/files/${name}`, file, (sent) => this.set(file, { sent }), stop.signal)
      this.set(file, { state: 'looking', sent: file.size })
      const { id } = await request<{ id: string }>('POST', `${base}/keep`)
      this.set(file, { state: 'done', id })
      this.done()
    } catch (fault) {
      this.set(file, { state: 'refused', fault })
      if (base) request('DELETE', base).catch(() => undefined)
    } finally {
      this.stops.delete(file)
    }
  }
}
