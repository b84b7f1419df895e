/** What a paired screen does: asks the server every few seconds, and does what it is told. It needs to remember nothing. */

import { api, type Told } from '../../net/api'
import { Problem } from '../../net/request'
import { Lesson, newId } from '../../net/lesson.svelte'
import type { Screens } from './screens.svelte'

const ASK_MS = 5000
const AGAIN_MS = 1000
const PLACE = 'display:place'
const ROOM = 'display:room'

export class Station {
  told = $state.raw<Told | null>(null)
  lesson = $state.raw<Lesson | null>(null)
  /** Since when the server has not answered; null while it does. */
  silent = $state<number | null>(null)
  /** The same device runs in another place. */
  elsewhere = $state(false)
  /** The room whose display this screen was before it was unpaired. */
  lost = $state<string | null>(null)
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly own: string

  constructor(private readonly screens: Screens) {
    // Kept over a reload, and told to the window of the second screen; never by a copy of this disk.
    this.own = read(sessionStorage, PLACE) ?? newId()
    write(sessionStorage, PLACE, this.own)
  }

  start(): () => void {
    void this.ask()
    return () => {
      clearTimeout(this.timer)
      this.leave()
    }
  }

  /** The lesson would have this seat no more: what now? */
  refused(): void {
    this.leave()
    this.askIn(AGAIN_MS)
  }

  private get place(): string {
    return this.screens.part === 'work' ? (read(localStorage, PLACE) ?? this.own) : this.own
  }

  private askIn(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.ask(), ms)
  }

  private async ask(): Promise<void> {
    try {
      this.follow(await api.display(this.place))
    } catch (fault) {
      if (fault instanceof Problem && fault.code === 'display_elsewhere') {
        this.elsewhere = true
        this.silent = null
        this.leave()
      } else {
        // A lesson that goes on says by itself that its line is lost.
        this.silent ??= Date.now()
      }
    }
    this.askIn(ASK_MS * (0.9 + Math.random() / 5))
  }

  private follow(told: Told): void {
    this.told = told
    this.elsewhere = false
    this.silent = null
    if (told.state === 'unpaired') {
      this.lost = read(localStorage, ROOM)
      return this.leave()
    }
    if (this.screens.part !== 'work') write(localStorage, PLACE, this.own)
    write(localStorage, ROOM, told.room.name)
    this.lost = null
    if (told.state === 'waiting') return this.leave()
    if (this.lesson?.seat === told.seat) return
    this.leave()
    this.lesson = new Lesson(told.seat, told.lesson)
    this.lesson.start()
  }

  private leave(): void {
    this.lesson?.close()
    this.lesson = null
  }
}

function read(shelf: Storage, key: string): string | null {
  try {
    return shelf.getItem(key)
  } catch {
    return null
  }
}

function write(shelf: Storage, key: string, value: string): void {
  try {
    shelf.setItem(key, value)
  } catch {
    // Without storage a reload waits a few seconds for its own place.
  }
}
