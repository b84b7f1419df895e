import type { CommandMessage } from '../generated/protocol.ts'

/** What is needed of localStorage or sessionStorage. */
export interface Shelf {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** Commands that wait for more than this are a page out of control, not a line that dropped. */
export const MOST_PENDING = 500

/** Commands that were not acknowledged yet, oldest first; kept on a shelf, they outlive a reload of the page. */
export class Outbox {
  private waiting: CommandMessage[] = []
  private readonly shelf: Shelf | undefined
  private readonly key: string

  constructor(shelf: Shelf | undefined, key: string) {
    this.shelf = shelf
    this.key = key
    try {
      const kept: unknown = JSON.parse(shelf?.getItem(key) ?? '[]')
      if (Array.isArray(kept)) this.waiting = kept.filter(isCommand)
    } catch {
      shelf?.removeItem(key)
    }
  }

  get all(): readonly CommandMessage[] {
    return this.waiting
  }

  /** False: it is full. */
  add(command: CommandMessage): boolean {
    if (this.waiting.length >= MOST_PENDING) return false
    this.waiting = [...this.waiting, command]
    this.save()
    return true
  }

  remove(id: string): void {
    this.waiting = this.waiting.filter((command) => command.id !== id)
    this.save()
  }

  private save(): void {
    try {
      if (this.waiting.length) this.shelf?.setItem(this.key, JSON.stringify(this.waiting))
      else this.shelf?.removeItem(this.key)
    } catch {
      // The shelf is full or forbidden: the commands still live as long as the page.
    }
  }
}

function isCommand(value: unknown): value is CommandMessage {
  const command = value as CommandMessage | null
  return typeof command?.id === 'string' && typeof command.kind === 'string' && typeof command.data === 'object'
}

/** A version 4 UUID (RFC 9562 §5.4); crypto.randomUUID is missing in Chromium 87 and outside secure contexts. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
