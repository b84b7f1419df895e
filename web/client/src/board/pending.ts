/** The board as it will be when the server has confirmed what this page has asked for. Pure. */

import type { Event, State } from '../generated/protocol.ts'
import { apply } from '../lesson/apply.ts'
import { boardOf } from '../lesson/board.ts'

const HAPPENS: Readonly<Record<string, string>> = {
  'page.change': 'page.changed',
  'stroke.add': 'stroke.added',
  'stroke.erase': 'stroke.erased',
  'stroke.trim': 'stroke.trimmed',
  'object.add': 'object.added',
  'object.change': 'object.changed',
  'object.erase': 'object.erased',
  'object.restore': 'object.restored',
}

/** What is asked for comes on top of what the server has; and an event that has come before its answer happens once. */
export function expected(state: State, pending: readonly { kind: string; data: unknown }[], me: string): State {
  let after = state
  for (const { kind: asked, data } of pending) {
    const kind = HAPPENS[asked]
    if (!kind) continue
    const board = boardOf(after, (data as { page: string }).page)
    const where = board === undefined ? data : { ...(data as object), board }
    const event = { seq: after.seq + 1, at: 0, actor: me, kind, data: where, cause: null, v: 1 } as Event
    after = apply(after, event)
  }
  return after
}
