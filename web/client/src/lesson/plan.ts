/** The fold of a lesson's plan, as `classroom.plan` has it. Pure. */

import type { Event, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

const written: Applier = (state, { data }) => ({ ...state, plan: { ...state.plan, ...data } })

const begun: Applier = (state, { at, data }) => ({
  ...state,
  plan: { ...state.plan, begun: [...state.plan.begun, { ...data, at }] },
})

export const PLAN: Readonly<Record<string, Applier>> = {
  'plan.written': written,
  'step.begun': begun,
}
