/** Plans of earlier lessons. */

import type { Plan } from '../generated/protocol.ts'
import { request } from './request'

export interface Planned {
  lesson: string
  title: string
  created_at: number
  started_at: number | null
}

export const plans = {
  list: () => request<Planned[]>('GET', '/api/v1/plans'),
  of: (lesson: string) => request<Plan>('GET', `/api/v1/lessons/${encodeURIComponent(lesson)}/plan`),
}
