/** Objects of a page on a canvas, whose units are the page's. */

import { trace } from './ink.ts'
import {
  placeOf,
  type BoardObject,
  type ImageObject,
  type ShapeObject,
  type StrokeObject,
  type WordsObject,
} from './objects.ts'
import { outline } from './shapes.ts'
import { PAGE } from './view.ts'
import { broken, FONT, LEADING, NOTE_PADDING } from './words.ts'

/** The picture of a slide, once it is there. */
export type Pictures = (courseware: string, slide: number) => CanvasImageSource | null

export interface Drawing {
  context: CanvasRenderingContext2D
  /** The size of a device's pixel in board units. */
  pixel: number
  pictures: Pictures
}

/** Whole, in the middle of the page: slides are as wide as they are. */
export function drawSlide(context: CanvasRenderingContext2D, picture: CanvasImageSource): void {
  const { width, height } = picture as ImageBitmap
  const scale = Math.min(PAGE.width / width, PAGE.height / height)
  const [w, h] = [width * scale, height * scale]
  context.drawImage(picture, (PAGE.width - w) / 2, (PAGE.height - h) / 2, w, h)
}

export function drawObject(drawing: Drawing, one: BoardObject): void {
  // There are thousands of these, and what is saved for each takes as long as half of their ink.
  if (one.type === 'stroke' && !one.place) return drawStroke(drawing, one)
  const { context } = drawing
  const [sx, sy, dx, dy] = placeOf(one)
  context.save()
  context.transform(sx, 0, 0, sy, dx, dy)
  if (one.type === 'stroke') drawStroke(drawing, one)
  else if (one.type === 'shape') drawShape(context, one)
  else if (one.type === 'image') drawImage(drawing, one)
  else drawWords(context, one)
  context.restore()
}

function drawStroke({ context, pixel }: Drawing, one: StrokeObject): void {
  const marks = one.tool === 'highlighter'
  if (marks) context.globalCompositeOperation = 'multiply'
  context.fillStyle = one.color
  context.beginPath()
  trace(context, one, pixel / 3)
  context.fill()
  if (marks) context.globalCompositeOperation = 'source-over'
}

function drawShape(context: CanvasRenderingContext2D, { shape, from, to, width, color, fill }: ShapeObject): void {
  const { lines, ellipse, closed } = outline(shape, from, to, width)
  context.lineWidth = width
  context.lineCap = context.lineJoin = 'round'
  context.strokeStyle = color
  context.beginPath()
  if (ellipse) context.ellipse(ellipse.x, ellipse.y, ellipse.rx, ellipse.ry, 0, 0, Math.PI * 2)
  for (const way of lines) way.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)))
  if (fill && closed) {
    context.fillStyle = fill
    context.fill()
  }
  context.stroke()
}

/** Where words stand that have no box of their own to keep to. */
export function wordLines(context: CanvasRenderingContext2D, { size, box, text, type }: WordsObject): string[] {
  context.font = `${size}px ${FONT}`
  const room = (box[2] as number) - (type === 'note' ? 2 * NOTE_PADDING : 0)
  return broken(text ?? '', room, (words) => context.measureText(words).width)
}

function drawWords(context: CanvasRenderingContext2D, one: WordsObject): void {
  const [x, y, width, height] = one.box as [number, number, number, number]
  let inset = 0
  if (one.type === 'note') {
    inset = NOTE_PADDING
    context.fillStyle = 'rgba(30, 36, 48, 0.16)'
    context.fillRect(x + 3, y + 5, width, height)
    context.fillStyle = one.color
    context.fillRect(x, y, width, height)
  }
  context.fillStyle = one.type === 'note' ? '#1e2430' : one.color
  context.textBaseline = 'middle'
  wordLines(context, one).forEach((line, i) => {
    const middle = y + inset + (i + 0.5) * one.size * LEADING
    if (one.type === 'text' || middle + one.size / 2 <= y + height) context.fillText(line, x + inset, middle)
  })
}

function drawImage({ context, pictures }: Drawing, { courseware, slide, box }: ImageObject): void {
  const [x, y, width, height] = box as [number, number, number, number]
  const picture = pictures(courseware, slide)
  if (picture) context.drawImage(picture, x, y, width, height)
  else {
    context.fillStyle = '#f1ede5'
    context.fillRect(x, y, width, height)
  }
}
