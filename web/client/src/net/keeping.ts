/** What is kept and what goes, by REST: rules, legal holds, the record of deletions, and erasing a person. */

import { request } from './request'

export interface RuleSaid {
  name: string
  school: string | null
  kind: string
  state: string
  subject: string
  collection: string
  counted: string
  days: number
  action: string
}
export type Rule = RuleSaid & { id: string; on: boolean; changed_at: number; previewed_at: number }
export interface Verdict {
  resource: string
  title: string
  owner_name: string
  created_at: number
  bytes: number
  days: number
  kept: string | null
}
export interface Preview {
  goes: number
  bytes: number
  of: number
  items: Verdict[]
  months: { month: string; count: number; bytes: number }[]
}
export interface Going {
  resource: string
  title: string
  action: string
  due_at: number
}
export interface Hold {
  id: string
  kind: string
  title: string
  reason: string
  by: string | null
  since: number
  lifted_at: number | null
  lifted_why: string
}
export interface Removal {
  id: string
  what: string
  digest: string
  by: string | null
  rule: string | null
  asked_at: number
  stage: string
  fault: string | null
  rows: number
  files: number
  bytes: number
  stored: number
  done_at: number | null
}
export interface Met {
  participant: string
  name: string
  room: string
  lesson: string
  title: string
  at: number
}
export interface Traces {
  lessons: number
  words: number
  lines: number
  files: number
  notes: number
  said: number
  tracks: number
  imported: number
  alike: Alike[]
}
/** An imported recording in which somebody of that name is, of whom it is not known who that is. */
export interface Alike {
  id: string
  title: string
}
export interface Hours {
  hour: number
  grace_days: number
}
export interface Erasure {
  participants: string[]
  tracks: string
}

const BASE = '/api/v1/keeping'
const ruleAt = (id: string): string => `${BASE}/rules/${encodeURIComponent(id)}`

export const keeping = {
  hours: () => request<Hours>('GET', BASE),
  setHours: (hours: Hours) => request<Hours>('PUT', BASE, hours),
  rules: () => request<Rule[]>('GET', `${BASE}/rules`),
  addRule: (said: RuleSaid) => request<Rule>('POST', `${BASE}/rules`, said),
  removeRule: (id: string) => request<void>('DELETE', ruleAt(id)),
  preview: (id: string) => request<Preview>('GET', `${ruleAt(id)}/preview`),
  switch: (id: string, on: boolean) => request<Rule>('PUT', `${ruleAt(id)}/on`, { on }),
  turn: () => request<{ begins: number; stays: number; goes: number }>('POST', `${BASE}/turn`),
  going: () => request<Going[]>('GET', `${BASE}/going`),
  keep: (resource: string) => request<void>('POST', `/api/v1/resources/${encodeURIComponent(resource)}/keep`),
  holds: () => request<Hold[]>('GET', `${BASE}/holds`),
  hold: (kind: string, subject: string, reason: string) =>
    request<Hold>('POST', `${BASE}/holds`, { kind, subject, reason }),
  lift: (id: string, reason: string) =>
    request<void>('POST', `${BASE}/holds/${encodeURIComponent(id)}/lift`, { reason }),
  removals: () => request<Removal[]>('GET', `${BASE}/removals`),
  people: (name: string) => request<Met[]>('POST', `${BASE}/people`, { name }),
  imported: (name: string) => request<Alike[]>('POST', `${BASE}/people/imported`, { name }),
  traces: (said: Erasure) => request<Traces>('POST', `${BASE}/erasures/preview`, said),
  erase: (said: Erasure) => request<Removal>('POST', `${BASE}/erasures`, said),
}

/** In megabytes, or smaller units where it is less. */
export function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** unit
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
