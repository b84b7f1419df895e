/** How one likes to watch, kept by the browser. */

/** `column`: one picture large, the other beside it; `over`: the other in a corner of it; `alone`: without the other. */
export const FORMS = ['column', 'beside', 'over', 'alone'] as const
export type Form = (typeof FORMS)[number]
export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right'

export interface Kept {
  form: Form
  /** Whether the people are large, not the work. */
  people: boolean
  corner: Corner
  /** Large is who is on stage, while somebody is. */
  follows: boolean
  /** Rooms and students that are not on stage are seen, too. */
  rooms: boolean
  rate: number
  volume: number
  muted: boolean
  skips: boolean
  panel: string
}

const KEY = 'player'
/** Beside each other two pictures need a wide page. */
const usual = (): Kept => ({
  form: innerWidth > 1000 ? 'column' : 'over',
  people: false,
  corner: 'bottom-right',
  follows: false,
  rooms: false,
  rate: 1,
  volume: 1,
  muted: false,
  skips: false,
  panel: 'chapters',
})

export function kept(): Kept {
  const all = usual()
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown> | null
    for (const [key, value] of Object.entries(read ?? {})) {
      if (typeof value === typeof all[key as keyof Kept]) Object.assign(all, { [key]: value })
    }
  } catch {
    // Nothing is kept, or it is not ours.
  }
  return FORMS.includes(all.form) ? all : { ...all, form: usual().form }
}

export function keep(change: Partial<Kept>): void {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Kept> | null
    localStorage.setItem(KEY, JSON.stringify({ ...read, ...change }))
  } catch {
    // A private window may refuse; the choice then lasts as long as the page.
  }
}
