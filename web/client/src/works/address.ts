/** Where works are. */

import { located } from '../net/carried.ts'

type Box = 320 | 960 | 1920

export const baseOf = (lesson: string): string => `/api/v1/lessons/${encodeURIComponent(lesson)}`
export const baseOfRecording = (resource: string): string => `/api/v1/resources/${encodeURIComponent(resource)}`

/** `box`: of a picture, the size. */
export const workAddress = (base: string, file: string, box?: Box): string =>
  located(`${base}/works/${encodeURIComponent(file)}${box ? `/${box}` : ''}`)
