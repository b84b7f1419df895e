/** The editor of a sheet. It is large, and loaded by who opens notes. */

import { baseKeymap, chainCommands, setBlockType, toggleMark } from 'prosemirror-commands'
import { inputRules, textblockTypeInputRule, wrappingInputRule } from 'prosemirror-inputrules'
import { keymap } from 'prosemirror-keymap'
import { DOMSerializer } from 'prosemirror-model'
import { liftListItem, splitListItem, wrapInList } from 'prosemirror-schema-list'
import { EditorState, type Command } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { initProseMirrorDoc, redoCommand, undoCommand, ySyncPlugin, yUndoPlugin } from 'y-prosemirror'
import type { Sheet } from '../generated/protocol.ts'
import { carets, show, type Caret, type Place } from './carets'
import { markdownOf } from './markdown'
import { Paper, type Way } from './paper'
import { nodes, schema, strong } from './schema'

export type Act = 'heading' | 'subheading' | 'strong' | 'bullets' | 'numbers' | 'undo' | 'redo'

export interface Options {
  label: string
  way: Way | null
  /** What is pressed and what can be done may be another by now. */
  onchange: () => void
  tell: (place: Place) => void
}

const LIST = { bullets: nodes.bullet_list, numbers: nodes.ordered_list } as const
const LEVEL = { heading: 1, subheading: 2 } as const

export class Editor {
  private readonly paper: Paper
  private readonly view: EditorView

  constructor(place: HTMLElement, sheet: Sheet, { label, way, onchange, tell }: Options) {
    this.paper = new Paper(way)
    this.paper.follow(sheet)
    const { fragment } = this.paper
    // An empty sheet has an empty paragraph, which is nobody's yet.
    const { doc, mapping } = fragment.length ? initProseMirrorDoc(fragment, schema) : {}
    this.view = new EditorView(place, {
      state: EditorState.create({
        schema,
        ...(doc && { doc }),
        plugins: [
          ySyncPlugin(fragment, mapping && { mapping }),
          yUndoPlugin(),
          carets(tell),
          rules(),
          keymap({
            'Mod-z': undoCommand,
            'Mod-y': redoCommand,
            'Shift-Mod-z': redoCommand,
            'Mod-b': toggleMark(strong),
            'Mod-Alt-1': this.command('heading'),
            'Mod-Alt-2': this.command('subheading'),
            'Shift-Mod-8': this.command('bullets'),
            'Shift-Mod-7': this.command('numbers'),
            Enter: splitListItem(nodes.list_item),
          }),
          keymap(baseKeymap),
        ],
      }),
      editable: () => way !== null,
      attributes: {
        role: way ? 'textbox' : 'document',
        'aria-label': label,
        ...(way ? { 'aria-multiline': 'true' } : { tabindex: '0' }),
      },
      // Called before there is an editor, too.
      dispatchTransaction(this: EditorView, change) {
        this.updateState(this.state.apply(change))
        onchange()
      },
    })
  }

  get client(): number {
    return this.paper.doc.clientID
  }

  get isEmpty(): boolean {
    return this.view.state.doc.textContent === ''
  }

  /** As `Paper.follow`. */
  follow(sheet: Sheet): boolean {
    return this.paper.follow(sheet)
  }

  show(all: readonly Caret[]): void {
    show(this.view, all)
  }

  close(): void {
    this.view.destroy()
    this.paper.close()
  }

  do(act: Act): void {
    this.command(act)(this.view.state, this.view.dispatch, this.view)
    this.view.focus()
  }

  can(act: Act): boolean {
    return this.command(act)(this.view.state, undefined, this.view)
  }

  /** Whether it is so where one writes. */
  is(act: Act): boolean {
    const { $from, from, to, empty } = this.view.state.selection
    if (act === 'heading' || act === 'subheading')
      return $from.parent.type === nodes.heading && $from.parent.attrs['level'] === LEVEL[act]
    if (act === 'strong')
      return empty
        ? Boolean(strong.isInSet(this.view.state.storedMarks ?? $from.marks()))
        : this.view.state.doc.rangeHasMark(from, to, strong)
    return act in LIST && $from.depth > 2 && $from.node(-2).type === LIST[act as keyof typeof LIST]
  }

  get markdown(): string {
    return markdownOf(this.view.state.doc)
  }

  get html(): string {
    const made = document.createElement('div')
    made.appendChild(DOMSerializer.fromSchema(schema).serializeFragment(this.view.state.doc.content))
    return made.innerHTML
  }

  private command(act: Act): Command {
    switch (act) {
      case 'undo':
        return undoCommand
      case 'redo':
        return redoCommand
      case 'strong':
        return toggleMark(strong)
      case 'heading':
      case 'subheading':
        return (state, dispatch) =>
          (this.is(act) ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level: LEVEL[act] }))(
            state,
            dispatch,
          )
      default:
        return (state, dispatch) =>
          (this.is(act) ? liftListItem(nodes.list_item) : chainCommands(otherList(act), wrapInList(LIST[act])))(
            state,
            dispatch,
          )
    }
  }
}

/** In a list it is made a list of the other kind. */
const otherList =
  (act: 'bullets' | 'numbers'): Command =>
  (state, dispatch) => {
    const { $from } = state.selection
    if ($from.depth < 3 || $from.node(-2).type !== LIST[act === 'bullets' ? 'numbers' : 'bullets']) return false
    dispatch?.(state.tr.setNodeMarkup($from.before(-2), LIST[act]))
    return true
  }

/** As one types: "# ", "- " and "1. " at the beginning of a line. */
const rules = () =>
  inputRules({
    rules: [
      textblockTypeInputRule(/^(#{1,2})\s$/, nodes.heading, ([, marks = '']) => ({ level: marks.length })),
      wrappingInputRule(/^\s*[-*•]\s$/, nodes.bullet_list),
      wrappingInputRule(/^1[.、]\s?$/, nodes.ordered_list),
    ],
  })
