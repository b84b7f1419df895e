/** Where others write: a bar with a name, and what they have selected. And where one writes oneself, to be told to them. */

import { Plugin, PluginKey, type EditorState } from 'prosemirror-state'
import { Decoration, DecorationSet, type EditorView } from 'prosemirror-view'
import { absolutePositionToRelativePosition, relativePositionToAbsolutePosition, ySyncPluginKey } from 'y-prosemirror'
import { createRelativePositionFromJSON } from 'yjs'
import type { NotesPlace } from '../generated/protocol.ts'

export interface Caret {
  client: number
  name: string
  color: string
  anchor: NotesPlace
  head: NotesPlace
}

export type Place = { anchor: NotesPlace; head: NotesPlace } | null

const TOLD_MS = 150
/** Who comes later is to see it too. */
const AGAIN_MS = 10_000

const key = new PluginKey<readonly Caret[]>('carets')

export function carets(tell: (place: Place) => void): Plugin {
  return new Plugin<readonly Caret[]>({
    key,
    state: {
      init: () => [],
      apply: (change, before) => (change.getMeta(key) as readonly Caret[] | undefined) ?? before,
    },
    props: { decorations: drawn },
    view: (view) => new Telling(view, tell),
  })
}

export const show = (view: EditorView, all: readonly Caret[]): void =>
  view.dispatch(view.state.tr.setMeta(key, all).setMeta('addToHistory', false))

function drawn(state: EditorState): DecorationSet {
  const { doc, type, binding } = ySyncPluginKey.getState(state)
  if (!binding) return DecorationSet.empty
  const at = (place: NotesPlace): number | null =>
    relativePositionToAbsolutePosition(doc, type, createRelativePositionFromJSON(place), binding.mapping)
  const last = state.doc.content.size
  const all = (key.getState(state) ?? []).flatMap(({ client, name, color, ...place }) => {
    const anchor = at(place.anchor)
    const head = at(place.head)
    if (anchor === null || head === null || anchor > last || head > last) return []
    return [
      Decoration.widget(head, () => bar(name, color), { key: `${client} ${name}`, side: 10 }),
      Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), { style: `background: ${color}40` }),
    ]
  })
  return DecorationSet.create(state.doc, all)
}

function bar(name: string, color: string): HTMLElement {
  const made = document.createElement('span')
  made.className = 'caret'
  made.style.borderColor = color
  made.setAttribute('aria-hidden', 'true')
  const label = made.appendChild(document.createElement('bdi'))
  label.style.background = color
  label.textContent = name
  return made
}

class Telling {
  private told = ''
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly again: ReturnType<typeof setInterval>
  private readonly left = () => this.later()

  constructor(
    private readonly view: EditorView,
    private readonly tell: (place: Place) => void,
  ) {
    view.dom.addEventListener('focusin', this.left)
    view.dom.addEventListener('focusout', this.left)
    this.again = setInterval(() => {
      if (!view.hasFocus()) return
      this.told = ''
      this.later()
    }, AGAIN_MS)
  }

  update(): void {
    this.later()
  }

  destroy(): void {
    clearTimeout(this.timer)
    clearInterval(this.again)
    this.view.dom.removeEventListener('focusin', this.left)
    this.view.dom.removeEventListener('focusout', this.left)
    if (this.told && this.told !== 'null') this.tell(null)
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      const place = this.place()
      const text = JSON.stringify(place)
      if (text === this.told || (place === null && !this.told)) return
      this.told = text
      this.tell(place)
    }, TOLD_MS)
  }

  private place(): Place {
    const { view } = this
    const sync = ySyncPluginKey.getState(view.state)
    if (!view.hasFocus() || !view.editable || !sync.binding) return null
    const of = (at: number): NotesPlace =>
      JSON.parse(JSON.stringify(absolutePositionToRelativePosition(at, sync.type, sync.binding.mapping))) as NotesPlace
    const { anchor, head } = view.state.selection
    return { anchor: of(anchor), head: of(head) }
  }
}
