/** A sheet as Markdown (CommonMark). */

import type { Node } from 'prosemirror-model'

export function markdownOf(sheet: Node): string {
  const blocks: string[] = []
  sheet.forEach((block) => blocks.push(blockOf(block)))
  return blocks.filter(Boolean).join('\n\n') + '\n'
}

function blockOf(block: Node): string {
  if (block.type.name === 'heading') return `${'#'.repeat(Number(block.attrs['level']))} ${lineOf(block)}`
  if (!block.type.name.endsWith('_list')) return lineOf(block)
  const items: string[] = []
  block.forEach((item, _, place) => {
    const mark = block.type.name === 'ordered_list' ? `${place + 1}.` : '-'
    items.push(`${mark} ${lineOf(item.firstChild as Node)}`)
  })
  return items.join('\n')
}

function lineOf(block: Node): string {
  let line = ''
  block.forEach((text) => {
    // What would be a mark of Markdown's is not one here.
    const words = (text.text ?? '').replace(/[\\`*_[\]<>#]/g, '\\$&')
    const [, before = '', core = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(words) ?? []
    line += text.marks.length && core ? `${before}**${core}**${after}` : words
  })
  // A line that would begin a list.
  return line.replace(/^(\d+)([.)])/, '$1\\$2').replace(/^([-+])/, '\\$1')
}
