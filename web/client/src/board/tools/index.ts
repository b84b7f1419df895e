/** The tools by name. */

import type { Box } from '../geometry.ts'
import type { Desk, Tool } from './desk.ts'
import { Eraser } from './eraser.ts'
import { Laser } from './laser.ts'
import { Pen } from './pen.ts'
import { Rubber } from './rubber.ts'
import { Select } from './select.ts'
import { Shape } from './shape.ts'
import { Words } from './words.ts'

export const TOOLS = {
  pen: (desk: Desk): Tool => new Pen(desk, 'pen'),
  highlighter: (desk: Desk): Tool => new Pen(desk, 'highlighter'),
  erase: (desk: Desk): Tool => new Eraser(desk),
  rubber: (desk: Desk): Tool => new Rubber(desk),
  shape: (desk: Desk): Tool => new Shape(desk),
  text: (desk: Desk): Tool => new Words(desk, 'text'),
  note: (desk: Desk): Tool => new Words(desk, 'note'),
  laser: (desk: Desk): Tool => new Laser(desk),
  select: (desk: Desk, boxing: (box: Box | null) => void): Tool => new Select(desk, boxing),
} as const

export type ToolName = keyof typeof TOOLS

export const CURSORS: Readonly<Record<ToolName, string>> = {
  pen: 'crosshair',
  highlighter: 'crosshair',
  erase: 'cell',
  rubber: 'cell',
  shape: 'crosshair',
  text: 'text',
  note: 'copy',
  laser: 'crosshair',
  select: 'default',
}
