/** Looking through the library, and how much it is used, by REST. */

import { ahead } from './ahead.ts'
import type { Resource } from './api'
import { request } from './request'

export const FIELDS = ['title', 'points', 'description', 'slides', 'board', 'questions', 'transcript'] as const
export type FieldOf = (typeof FIELDS)[number]

/** Where words were found; `marks` are stretches [from, to) of `text`. `at`: ms of the lesson's clock. */
/** `shown`: what the player's clock shows at that moment. */
export interface Hit {
  field: FieldOf
  at: number | null
  shown: number | null
  text: string
  marks: [number, number][]
}
/** `place`: in the list, to go on behind it. */
export type Found = Resource & { hits: Hit[]; favourite: boolean; views: number; place: string }
export interface Counted {
  code: string
  count: number
}
export const FACETS = ['kind', 'subject', 'grade', 'edition', 'type', 'licence', 'audience', 'state', 'point'] as const
export type Facet = (typeof FACETS)[number]
export type Facets = Record<Facet, Counted[]> & { total: number }

/** Of playing, in ms of the lesson's clock; `ago_ms` before it is told. */
export interface Happened {
  what: 'played' | 'paused' | 'seeked' | 'terminated'
  at: number
  from?: number
  ago_ms: number
}

/** `days` are counted from 1970; `parts`: how many views played each `part_ms`. */
export interface Use {
  views: number
  viewers: number
  days: { day: number; views: number; viewers: number }[]
  schools: { school: string; name: string; views: number }[]
  part_ms: number
  parts: number[]
}

const at = (resource: string): string => `/api/v1/resources/${encodeURIComponent(resource)}`
type Asked = Record<string, string | undefined>
const said = (query: Asked): string => {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  return String(given)
}

const listed = (query: Asked): string => `/api/v1/resources?${said(query)}`

export const finding = {
  list: (query: Asked) => request<Found[]>('GET', listed(query)),
  /** A list that came with the page. */
  givenList: (query: Asked) => ahead<Found[]>(listed(query)),
  facets: (query: Asked) => request<Facets>('GET', `/api/v1/resources/facets?${said(query)}`),
  suggestions: (words: string) => request<string[]>('GET', `/api/v1/resources/suggestions?${said({ words })}`),
  like: (resource: string) => request<Resource[]>('GET', `${at(resource)}/like`),
  favourite: (resource: string, on: boolean) => request<void>(on ? 'PUT' : 'DELETE', `${at(resource)}/favourite`),
  /** Answers whether what happens is wanted, too. */
  played: (resource: string, begun: boolean, parts: number[], moments: Happened[]) =>
    request<{ moments: boolean }>('POST', `${at(resource)}/played`, { begun, parts, moments }),
  use: (resource: string) => request<Use>('GET', `${at(resource)}/use`),
}
