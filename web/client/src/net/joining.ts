/** Recordings that are made of others. */

import type { Resource } from './api'
import { request } from './request'

export interface Joined {
  revision: number
  parts: Resource[]
}

const at = (resource: string) => `/api/v1/resources/${encodeURIComponent(resource)}/parts`

export const joining = {
  join: (title: string, parts: readonly string[]) =>
    request<{ resource: string }>('POST', '/api/v1/joined', { title, parts }),
  of: (resource: string) => request<Joined>('GET', at(resource)),
  rejoin: (resource: string, revision: number, title: string, parts: readonly string[]) =>
    request<Joined>('PUT', at(resource), { revision, title, parts }),
}
