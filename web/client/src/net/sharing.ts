/** Who is let in to a resource, by whom it was opened, and the way in by a link. */

import { request } from './request'

export interface Grant {
  id: string
  account: string | null
  school: string | null
  role: 'teacher' | 'staff' | 'admin' | null
  name: string
  school_name: string
}
/** `password`: whether it has one. */
export interface SharedLink {
  id: string
  label: string
  password: boolean
  watch_only: boolean
  created_at: number
  expires_at: number
  state: 'open' | 'expired' | 'revoked'
}
export interface Access {
  grants: Grant[]
  links: SharedLink[]
}
export interface Found {
  id: string
  name: string
  school_name: string
}
export const WAYS = ['web', 'hls', 'download', 'export', 'practice'] as const
export interface Opening {
  at: number
  way: (typeof WAYS)[number]
  account: string | null
  name: string
  school_name: string
  link: string | null
  label: string
}
/** From `since`, before `until`, in ms since 1970. */
export interface Wanted {
  way: string
  who: string
  since: string
  until: string
}
export type NewGrant = Partial<Record<'account' | 'school' | 'role', string>>
export interface NewLink {
  label: string
  days: number
  password: string | null
  watch_only: boolean
}

const at = (resource: string): string => `/api/v1/resources/${encodeURIComponent(resource)}`
const asked = (wanted: Partial<Wanted> & { skip?: string }): string =>
  String(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value) as [string, string][]))

export const sharing = {
  access: (resource: string) => request<Access>('GET', `${at(resource)}/access`),
  grant: (resource: string, to: NewGrant) => request<Grant>('POST', `${at(resource)}/grants`, to),
  takeBack: (resource: string, grant: string) => request<void>('DELETE', `${at(resource)}/grants/${grant}`),
  link: (resource: string, made: NewLink) =>
    request<SharedLink & { url: string }>('POST', `${at(resource)}/links`, made),
  revoke: (resource: string, link: string) => request<void>('DELETE', `${at(resource)}/links/${link}`),
  people: (resource: string, words: string) =>
    request<Found[]>('GET', `${at(resource)}/people?${new URLSearchParams({ words })}`),
  openings: (resource: string, wanted: Partial<Wanted>, skip: number) =>
    request<Opening[]>('GET', `${at(resource)}/openings?${asked({ ...wanted, skip: skip ? String(skip) : '' })}`),
  table: (resource: string, wanted: Partial<Wanted>): string => `${at(resource)}/openings.csv?${asked(wanted)}`,
  enter: (secret: string, password: string | null) =>
    request<{ resource: string; title: string; watch_only: boolean }>('POST', '/api/v1/shared', { secret, password }),
}
