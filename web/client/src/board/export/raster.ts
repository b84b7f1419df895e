/** Pages, and what of them is no ink, as bitmaps. */

import { drawObject, drawSlide, type Pictures } from '../drawing'
import { bounds, type BoardObject } from '../objects'
import type { Box } from '../geometry'
import { drawPaper } from '../papers'
import { PAGE } from '../view'
import { PAPER_COLOR, type Sheet } from './svg'

export function bitmapOf(
  box: Box,
  scale: number,
  draw: (context: CanvasRenderingContext2D) => void,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = Math.ceil((box.right - box.left) * scale)
  canvas.height = Math.ceil((box.bottom - box.top) * scale)
  const context = canvas.getContext('2d')
  if (context) {
    context.setTransform(scale, 0, 0, scale, -box.left * scale, -box.top * scale)
    draw(context)
  }
  return canvas
}

const WHOLE: Box = { left: 0, top: 0, right: PAGE.width, bottom: PAGE.height }

/** What is under the ink: paper and its lines, or a slide. */
export function drawGround(
  context: CanvasRenderingContext2D,
  { paper: { kind, courseware, slide } }: Sheet,
  pixel: number,
  pictures: Pictures,
): void {
  context.fillStyle = PAPER_COLOR
  context.fillRect(0, 0, PAGE.width, PAGE.height)
  const picture = courseware === undefined ? null : pictures(courseware, slide ?? 1)
  if (picture) drawSlide(context, picture)
  else drawPaper(context, kind, pixel)
}

export const pageBitmap = (sheet: Sheet, scale: number, pictures: Pictures): HTMLCanvasElement =>
  bitmapOf(WHOLE, scale, (context) => {
    drawGround(context, sheet, 1 / scale, pictures)
    for (const one of sheet.objects) drawObject({ context, pixel: 1 / scale, pictures }, one)
  })

export const groundBitmap = (sheet: Sheet, scale: number, pictures: Pictures): HTMLCanvasElement =>
  bitmapOf(WHOLE, scale, (context) => drawGround(context, sheet, 1 / scale, pictures))

export const objectBitmap = (one: BoardObject, scale: number, pictures: Pictures): HTMLCanvasElement =>
  bitmapOf(bounds(one), scale, (context) => drawObject({ context, pixel: 1 / scale, pictures }, one))

export const fileOf = (canvas: HTMLCanvasElement, type: 'image/png' | 'image/jpeg'): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The browser makes no picture.'))), type, 0.9),
  )
