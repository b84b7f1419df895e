/** The board as it will be when the server has confirmed what this page has asked for. Pure. */

import type { Page, State } from '../generated/protocol.ts'
import { apply } from '../lesson/apply.ts'

const HAPPENS: Readonly<Record<string, string>> = {
  'stroke.add': 'stroke.added',
  'stroke.erase': 'stroke.erased',
}

/** Whether the event has come before the answer: it is not to happen twice. */
function happened(page: Page | undefined, data: { stroke?: string }): boolean {
  return page === undefined || page.objects.some(({ object }) => object === data.stroke)
}

export function expected(state: State, pending: readonly { kind: string; data: unknown }[]): State {
  let after = state
  for (const { kind: asked, data } of pending) {
    const kind = HAPPENS[asked]
    const { page } = data as { page?: string }
    const on = after.board.pages.find(({ id }) => id === page)
    if (!kind || (asked === 'stroke.add' && happened(on, data as { stroke: string }))) continue
    after = apply(after, { seq: after.seq, at: 0, actor: '', kind, data, cause: null, v: 1 } as never)
  }
  return after
}
