/** How a page comes to its place in a lesson: a secret in the fragment, a seat kept by this tab, or what the page asks for. */

import { api } from './api'
import { Problem } from './request'

/** The secret of the address, taken out of the address bar so that it is neither shown nor shared on. */
export function takeSecret(): string | null {
  const secret = location.hash.slice(1)
  if (!secret) return null
  history.replaceState(history.state, '', location.pathname + location.search)
  return secret
}

/** The part of the path after the face: `/teach/abc` → `abc`. */
export function subject(): string | null {
  return decodeURIComponent(location.pathname.split('/')[2] ?? '') || null
}

/** Where a seat is remembered: by this tab, so that every tab may have its own; a display's by the device, for it reboots alone. */
export type Memory = 'tab' | 'device'

const key = (lesson: string) => `seat:${lesson}`
const shelf = (memory: Memory) => (memory === 'tab' ? sessionStorage : localStorage)

export function keptSeat(lesson: string, memory: Memory = 'tab'): string | null {
  try {
    return shelf(memory).getItem(key(lesson))
  } catch {
    return null
  }
}

export function keepSeat(lesson: string, seat: string, memory: Memory = 'tab'): void {
  try {
    shelf(memory).setItem(key(lesson), seat)
  } catch {
    // Without storage a reload asks again.
  }
}

export function forgetSeat(lesson: string, memory: Memory = 'tab'): void {
  try {
    shelf(memory).removeItem(key(lesson))
  } catch {
    // Nothing was kept.
  }
}

/** Exchanges a secret: it signs in, or it gives a seat, which is kept. */
export async function useSecret(secret: string, memory: Memory = 'tab'): Promise<void> {
  const got = await api.link(secret)
  if (got.kind === 'seat') keepSeat(got.lesson, got.seat, memory)
}

/** The seat that is remembered for a lesson if it still holds, else null. */
export async function standingSeat(lesson: string, memory: Memory = 'tab'): Promise<string | null> {
  const kept = keptSeat(lesson, memory)
  if (!kept) return null
  try {
    await api.token(kept)
    return kept
  } catch (fault) {
    // The lesson is over; its page says so.
    if (fault instanceof Problem && fault.code === 'wrong_phase') return kept
    if (!(fault instanceof Problem) || ![401, 403, 404].includes(fault.status)) throw fault
    forgetSeat(lesson, memory)
    return null
  }
}
