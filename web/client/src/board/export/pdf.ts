/** Pages as PDF. Ink and shapes stay lines, sharp at any size; words and pictures are bitmaps, for no font is embedded. */

import { BlendMode, LineCapStyle, PDFDocument, rgb, type PDFPage } from '@cantoo/pdf-lib'
import type { Pictures } from '../drawing'
import { bounds, type BoardObject } from '../objects'
import { rules } from '../papers'
import { PAGE } from '../view'
import { shapePath, shapeWidth, strokePath } from './outlines'
import { fileOf, groundBitmap, objectBitmap } from './raster'
import { PAPER_COLOR, type Sheet } from './svg'

/** Points a board unit: a page is as wide as a slide is in every office program, 13⅓ inches. */
const SCALE = 960 / PAGE.width
/** Pixels a board unit of what is no ink. */
const FINE = 3
const SLIDE_FINE = 1.5

function color(hex: string) {
  const at = (from: number) => parseInt(hex.slice(from, from + 2), 16) / 255
  return rgb(at(1), at(3), at(5))
}

export async function pdfOf(sheets: readonly Sheet[], title: string, pictures: Pictures): Promise<Blob> {
  const file = await PDFDocument.create()
  file.setTitle(title)
  for (const sheet of sheets) {
    const page = file.addPage([PAGE.width * SCALE, PAGE.height * SCALE])
    await ground(file, page, sheet, pictures)
    for (const one of sheet.objects) await draw(file, page, one, pictures)
  }
  return new Blob([(await file.save()) as Uint8Array<ArrayBuffer>], { type: 'application/pdf' })
}

/** SVG's axes begin at the left upper corner, PDF's at the lower. */
const ORIGIN = { x: 0, y: PAGE.height * SCALE, scale: SCALE }

async function ground(file: PDFDocument, page: PDFPage, sheet: Sheet, pictures: Pictures): Promise<void> {
  const { width, height } = page.getSize()
  if (sheet.paper.courseware !== undefined) {
    const slide = await fileOf(groundBitmap(sheet, SLIDE_FINE, pictures), 'image/jpeg')
    page.drawImage(await file.embedJpg(await slide.arrayBuffer()), { x: 0, y: 0, width, height })
    return
  }
  page.drawRectangle({ x: 0, y: 0, width, height, color: color(PAPER_COLOR) })
  for (const { from, to, weight, color: hex, dashed } of rules(sheet.paper.kind)) {
    page.drawLine({
      start: { x: from[0] * SCALE, y: height - from[1] * SCALE },
      end: { x: to[0] * SCALE, y: height - to[1] * SCALE },
      thickness: weight * SCALE,
      color: color(hex),
      ...(dashed && { dashArray: [6, 5] }),
    })
  }
}

async function draw(file: PDFDocument, page: PDFPage, one: BoardObject, pictures: Pictures): Promise<void> {
  if (one.type === 'stroke') {
    const marks = one.tool === 'highlighter' ? { blendMode: BlendMode.Multiply } : {}
    page.drawSvgPath(strokePath(one), { ...ORIGIN, color: color(one.color), ...marks })
  } else if (one.type === 'shape') {
    page.drawSvgPath(shapePath(one), {
      ...ORIGIN,
      borderColor: color(one.color),
      borderWidth: shapeWidth(one),
      borderLineCap: LineCapStyle.Round,
      ...(one.fill && { color: color(one.fill) }),
    })
  } else {
    const { left, top, right, bottom } = bounds(one)
    const bitmap = await fileOf(objectBitmap(one, FINE, pictures), 'image/png')
    page.drawImage(await file.embedPng(await bitmap.arrayBuffer()), {
      x: left * SCALE,
      y: (PAGE.height - bottom) * SCALE,
      width: (right - left) * SCALE,
      height: (bottom - top) * SCALE,
    })
  }
}
