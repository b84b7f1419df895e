/** A spot on a picture; as `classroom.activities.types.spot`. */

import type { Question } from '../generated/protocol.ts'
import { frequent, type } from './type.ts'

/** Spots are counted in so many columns and rows. */
export const CELLS = 32

export type SpotQuestion = Extract<Question, { type: 'spot' }>
export type Area = NonNullable<SpotQuestion['answer']>[number]
export type Spot = [number, number]

export function liesIn(area: Area, [x, y]: readonly number[] | Spot, aspect: number): boolean {
  if (x === undefined || y === undefined) return false
  switch (area.shape) {
    case 'circle': {
      const [across, down] = [x - (area.at[0] ?? 0), (y - (area.at[1] ?? 0)) * aspect]
      return across * across + down * down <= area.radius * area.radius
    }
    case 'rect': {
      const [left = 0, top = 0, width = 0, height = 0] = [...area.at, ...area.size]
      return left <= x && x <= left + width && top <= y && y <= top + height
    }
    case 'polygon': {
      // A line from the spot to the right crosses an odd number of sides.
      let inside = false
      area.points.forEach(([bx = 0, by = 0], i) => {
        const [ax = 0, ay = 0] = area.points[(i || area.points.length) - 1] ?? []
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
      })
      return inside
    }
  }
}

/** From the upper left, line by line. */
function cellOf([x = 0, y = 0]: readonly number[]): number {
  const [column, row] = [x, y].map((one) => Math.min(CELLS - 1, Math.floor(one * CELLS)))
  return (row ?? 0) * CELLS + (column ?? 0)
}

export const spot = type<'spot', number[]>({
  field: 'spot',
  count: (_, spots) => frequent(spots.map(cellOf)),
  mark: ({ answer, aspect }, given) => Number((answer ?? []).some((one) => liesIn(one, given, aspect))),
})
