/** What notes are made of, and nothing else: what is not in here is dropped, whoever wrote it. */

import { Schema, type DOMOutputSpec } from 'prosemirror-model'

export const LEVELS = [1, 2] as const

export const schema = new Schema({
  nodes: {
    doc: { content: 'block+' },
    paragraph: { group: 'block', content: 'text*', parseDOM: [{ tag: 'p' }], toDOM: (): DOMOutputSpec => ['p', 0] },
    heading: {
      group: 'block',
      content: 'text*',
      attrs: { level: { default: 1 } },
      defining: true,
      // The page itself is the first level.
      parseDOM: [1, 2, 3, 4, 5, 6].map((tag) => ({ tag: `h${tag}`, attrs: { level: tag < 3 ? 1 : 2 } })),
      toDOM: ({ attrs }): DOMOutputSpec => [attrs.level === 1 ? 'h2' : 'h3', 0],
    },
    bullet_list: {
      group: 'block',
      content: 'list_item+',
      parseDOM: [{ tag: 'ul' }],
      toDOM: (): DOMOutputSpec => ['ul', 0],
    },
    ordered_list: {
      group: 'block',
      content: 'list_item+',
      parseDOM: [{ tag: 'ol' }],
      toDOM: (): DOMOutputSpec => ['ol', 0],
    },
    list_item: {
      content: 'paragraph',
      defining: true,
      parseDOM: [{ tag: 'li' }],
      toDOM: (): DOMOutputSpec => ['li', 0],
    },
    text: {},
  },
  marks: {
    strong: {
      parseDOM: [{ tag: 'strong' }, { tag: 'b' }],
      toDOM: (): DOMOutputSpec => ['strong', 0],
    },
  },
})

export type BlockName = 'paragraph' | 'heading' | 'bullet_list' | 'ordered_list' | 'list_item'
export const nodes = schema.nodes as Record<BlockName, NonNullable<(typeof schema.nodes)[string]>>
export const strong = schema.marks['strong']!
