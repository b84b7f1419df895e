/** Small pictures of a recording, to find one's way by. */

import { request } from './request'

/** Number `n` of a track is in run `n / run`, which has those that are left of it one after the other. */
export interface StillsIndex {
  revision: number
  run: number
  tracks: { track: string; stills: [number: number, at_ms: number, bytes: number][] }[]
}

const at = (resource: string) => `/api/v1/resources/${encodeURIComponent(resource)}`

export const stillsOf = (resource: string) => request<StillsIndex>('GET', `${at(resource)}/stills`)

/** `revision` keeps what was given before an edit from being taken for what is given now. */
export const runAddress = (resource: string, track: string, run: number, revision: number): string =>
  `${at(resource)}/stills/${encodeURIComponent(track)}/${run}?revision=${revision}`

export const posterAddress = (resource: string): string => `${at(resource)}/poster`
