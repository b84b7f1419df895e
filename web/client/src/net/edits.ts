/** Editing a recording: decisions that are added, and files that are made of it. */

import type { ResourceWhole } from './api'
import { request } from './request'

export type Decided =
  | { kind: 'cut'; from_ms: number; to_ms: number }
  | { kind: 'trim'; from_ms: number; to_ms: number | null }
  | { kind: 'hide'; track: string }
  | { kind: 'hide'; participant: string }

export interface Decision {
  number: number
  at: number
  by: string | null
  kind: 'cut' | 'trim' | 'hide' | 'undo'
  data: { from_ms?: number; to_ms?: number | null; track?: string; participant?: string; number?: number }
  stands: boolean
}

export interface Edits {
  revision: number
  duration_ms: number
  cuts: [number, number][]
  tracks: string[]
  participants: string[]
  decisions: Decision[]
}

export type Layout = 'lead' | 'directed' | 'beside' | 'sound'

export interface Render {
  id: string
  layout: Layout
  status: 'waiting' | 'working' | 'ready' | 'failed'
  share: number | null
  fault: string | null
  bytes: number
  kept_until: number | null
  current: boolean
}

const at = (resource: string) => `/api/v1/resources/${encodeURIComponent(resource)}`

export const edits = {
  whole: (resource: string) => request<ResourceWhole>('GET', `${at(resource)}/whole`),
  of: (resource: string) => request<Edits>('GET', `${at(resource)}/edits`),
  decide: (resource: string, revision: number, decision: Decided | { kind: 'undo'; number: number }) =>
    request<Edits>('POST', `${at(resource)}/edits`, { decision: { revision, ...decision } }),
  split: (resource: string, revision: number, atMs: number, title: string) =>
    request<{ resource: string }>('POST', `${at(resource)}/split`, { revision, at_ms: atMs, title }),
}

export const renders = {
  of: (resource: string) => request<Render[]>('GET', `${at(resource)}/renders`),
  make: (resource: string, layout: Layout) => request<Render>('POST', `${at(resource)}/renders`, { layout }),
  remove: (resource: string, render: string) => request<void>('DELETE', `${at(resource)}/renders/${render}`),
  address: (resource: string, render: string) => `${at(resource)}/renders/${render}/file`,
}
