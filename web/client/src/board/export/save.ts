/** Pages to take along: a picture or a drawing of one, a document of all. What makes documents is loaded when it is wanted. */

import { wordLines, type Pictures } from '../drawing'
import { fileOf, pageBitmap } from './raster'
import { svgOf, type Sheet } from './svg'

/** Pixels a board unit: twice as fine as a display of 1080 lines. */
const FINE = 2

export type Format = 'pdf' | 'png' | 'svg'

export async function fileFor(
  format: Format,
  sheets: readonly Sheet[],
  shown: Sheet,
  title: string,
  pictures: Pictures,
): Promise<Blob> {
  if (format === 'pdf') return (await import('./pdf')).pdfOf(sheets, title, pictures)
  if (format === 'png') return fileOf(pageBitmap(shown, FINE, pictures), 'image/png')
  const context = document.createElement('canvas').getContext('2d')
  const means = {
    lines: (words: Parameters<typeof wordLines>[1]) => (context ? wordLines(context, words) : [words.text ?? '']),
    picture: (courseware: string, slide: number) => dataOf(pictures(courseware, slide)),
  }
  return new Blob([svgOf(shown, means)], { type: 'image/svg+xml' })
}

function dataOf(picture: CanvasImageSource | null): string | null {
  if (!picture) return null
  const { width, height } = picture as HTMLCanvasElement
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height)
  return canvas.toDataURL('image/jpeg', 0.9)
}
