import type { Role, State } from '../generated/protocol.ts'

/** Who leads, as seen from one page; what may be done about it is classroom/leading.py's to say. */
export type Leading =
  | { is: 'me'; asked: string | null }
  /** Nobody has led yet, and this is not a lead teacher's seat. */
  | { is: 'nobody' }
  /** The lead's line is gone. */
  | { is: 'away'; lead: string }
  /** The same teacher at another computer. */
  | { is: 'elsewhere'; lead: string }
  /** `back`: this is the lead teacher's seat, who may ask for the lesson; `asking`: who has. */
  | { is: 'other'; lead: string; back: boolean; asking: boolean }

export function leading(state: State, me: string, role: Role): Leading {
  const { participant: lead, asked } = state.lead
  const back = role === 'lead_teacher'
  if (lead === null) return back ? { is: 'me', asked: null } : { is: 'nobody' }
  if (lead === me) return { is: 'me', asked }
  const person = state.participants[lead]
  if (!person?.present) return { is: 'away', lead }
  if (back && person.role === 'lead_teacher') return { is: 'elsewhere', lead }
  return { is: 'other', lead, back, asking: asked === me }
}
