/** The library's catalogue by REST: what is said of resources, their review, and collections of them. */

import { ahead } from './ahead.ts'
import type { Resource } from './api'
import { request } from './request'

export const CODED = ['subject', 'grade', 'edition', 'type', 'licence', 'audience'] as const
export type Coded = (typeof CODED)[number]
export const ROLES = ['author', 'teacher', 'editor', 'publisher'] as const
export interface Contributor {
  name: string
  role: (typeof ROLES)[number]
}
/** Codes are of the vocabularies, '' where nothing was said; `language` is of BCP 47. */
export type Details = Record<Coded, string> & {
  title: string
  description: string
  language: string
  reach: 'school' | 'all'
  points: string[]
  contributors: Contributor[]
}
export interface Changed {
  version: number
  state: State
  details: Details
}
export interface Term {
  code: string
  labels: Record<string, string>
  same_as: string[]
}
export type Vocabularies = Record<Coded, { labels: Record<string, string>; terms: Term[] }>

export const STATES = ['draft', 'self_reviewed', 'submitted', 'published', 'withdrawn'] as const
export type State = (typeof STATES)[number]
export type Step = 'self_review' | 'submit' | 'recall' | 'return' | 'publish' | 'withdraw' | 'reopen' | 'discard'
export interface Taken {
  number: number
  at: number
  by: string
  action: Step | 'change' | 'edit'
  went_to: State
  reason: string
  amended: boolean
}
/** `change`: the state of the change of what is published. `reasoned`: those steps that need a reason. */
export interface Review {
  version: number
  state: State
  change: State | null
  steps: Step[]
  reasoned: Step[]
  own: boolean
  reviewer: string | null
  reviewer_mine: boolean
  trail: Taken[]
}
export interface Difference {
  fields: { field: keyof Details; was: Details[keyof Details]; now: Details[keyof Details] }[]
  edits: {
    decisions: { number: number; kind: string; stands: boolean }[]
    was: [number, number][]
    now: [number, number][]
  }
  published_at: number
}
export interface Waiting {
  resource: Resource
  since: number
  changes: boolean
  reviewer: string | null
  mine: boolean
  own: boolean
  place: string
}
export interface Collection {
  id: string
  kind: 'collection' | 'series'
  title: string
  description: string
  owner_name: string
  many: number
  may_edit: boolean
}
export type CollectionWhole = Collection & { resources: Resource[] }
export type Query = Partial<Record<Coded | 'words' | 'kind' | 'state' | 'owner' | 'point' | 'mine' | 'sort', string>>

const said = (query: Record<string, string | undefined>): string => {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  const text = given.toString()
  return text && `?${text}`
}
const id = encodeURIComponent
const at = (resource: string): string => `/api/v1/resources/${id(resource)}`
const within = (collection: string): string => `/api/v1/collections/${id(collection)}`

const VOCABULARIES = '/api/v1/vocabularies'

export const catalogue = {
  vocabularies: () => request<Vocabularies>('GET', VOCABULARIES),
  /** Those that came with the page. */
  givenVocabularies: () => ahead<Vocabularies>(VOCABULARIES),
  list: (query: Query) => request<Resource[]>('GET', `/api/v1/resources${said(query)}`),
  add: (data: { kind: string; target: string; title?: string }) => request<Resource>('POST', '/api/v1/resources', data),
  details: (resource: string) => request<Changed>('GET', `${at(resource)}/details`),
  change: (resource: string, data: Partial<Details> & { version: number }) =>
    request<Changed>('PATCH', `${at(resource)}/details`, data),
  review: (resource: string) => request<Review>('GET', `${at(resource)}/review`),
  step: (resource: string, data: { action: Step; version: number; reason?: string }) =>
    request<Review>('POST', `${at(resource)}/review`, data),
  difference: (resource: string) => request<Difference | null>('GET', `${at(resource)}/difference`),
  claim: (resource: string) => request<Review>('POST', `${at(resource)}/claim`),
  release: (resource: string) => request<Review>('DELETE', `${at(resource)}/claim`),
  queue: (query: Record<string, string>) => request<Waiting[]>('GET', `/api/v1/reviews${said(query)}`),
  take: (resource: string) => request<{ many: number }>('POST', `${at(resource)}/take`),
  collections: (resource = '') => request<Collection[]>('GET', `/api/v1/collections${said({ resource })}`),
  collection: (collection: string) => request<CollectionWhole>('GET', within(collection)),
  addCollection: (data: { kind: string; title: string; description?: string }) =>
    request<CollectionWhole>('POST', '/api/v1/collections', data),
  changeCollection: (collection: string, data: { kind?: string; title?: string; description?: string }) =>
    request<CollectionWhole>('PATCH', within(collection), data),
  removeCollection: (collection: string) => request<void>('DELETE', within(collection)),
  hold: (collection: string, resource: string) =>
    request<CollectionWhole>('PUT', `${within(collection)}/resources/${id(resource)}`),
  let: (collection: string, resource: string) =>
    request<CollectionWhole>('DELETE', `${within(collection)}/resources/${id(resource)}`),
  order: (collection: string, resources: string[]) =>
    request<CollectionWhole>('PUT', `${within(collection)}/order`, { resources }),
}
