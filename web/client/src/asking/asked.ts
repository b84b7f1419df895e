/** What learners ask, as pages show it: in which order, what of it is new, and what one has just done. */

import type { AskedQuestion, Questions, State } from '../generated/protocol.ts'

export interface Asked extends AskedQuestion {
  id: string
}
export type Stand = AskedQuestion['state']
export type Order = 'votes' | 'newest'

/** What waits for a hand comes first, what is over last. */
const PLACES: Readonly<Record<Stand, number>> = {
  held: 0,
  next: 1,
  open: 2,
  later: 3,
  answered: 4,
  merged: 5,
  hidden: 5,
}
export const STANDS: readonly Stand[] = Object.keys(PLACES) as Stand[]

/** Whether it may still be answered aloud: it can be voted for, and shown. */
export const isOpen = ({ state }: Pick<AskedQuestion, 'state'>): boolean => ['open', 'next', 'later'].includes(state)

/** All of them: first the one that is being answered now, then what is `me`'s own. */
export function ranked({ by_id, now }: Questions, order: Order, me?: string): Asked[] {
  const own = ({ participant }: Asked) => me !== undefined && participant === me
  const place = (one: Asked) => (one.id === now?.question ? -2 : own(one) ? -1 : PLACES[one.state])
  const votes = (one: Asked, other: Asked) => (order === 'votes' && !own(one) ? other.votes - one.votes : 0)
  const age = (one: Asked, other: Asked) => (order === 'votes' && !own(one) ? one.at - other.at : other.at - one.at)
  return Object.entries(by_id)
    .map(([id, one]) => ({ ...one, id }))
    .sort((one, other) => place(one) - place(other) || votes(one, other) || age(one, other))
}

/** The one that displays show: it is answered until something else is asked of the class, or shown to it. */
export function askedNow(state: State): AskedQuestion | undefined {
  const { now, by_id } = state.questions
  const { order, by_id: activities, shown } = state.activities
  const since = Math.max(activities[order[order.length - 1] ?? '']?.opened_at ?? -1, shown?.at ?? -1)
  return now && now.at >= since ? by_id[now.question] : undefined
}

/** The order in which a hand finds the list again: what is gone has left it, what is new comes last. */
export function kept(before: readonly string[], wanted: readonly string[]): string[] {
  const [were, are] = [new Set(before), new Set(wanted)]
  return [...before.filter((one) => are.has(one)), ...wanted.filter((one) => !were.has(one))]
}

/** What there is for this learner to read, a key for each: that others asked something, and what became of what is
 * one's own or has one's vote. */
export function tidings({ by_id }: Questions, me: string): string[] {
  return Object.entries(by_id).flatMap(([id, { participant, voters, state, reply }]) => {
    const mine = participant === me
    const asked = mine ? [] : [id]
    const told = mine ? !['held', 'open'].includes(state) : voters.includes(me) && reply !== undefined
    return told ? [...asked, `${id} ${mine ? state : ''} ${reply ?? ''}`] : asked
  })
}

interface Told {
  seq: number
  questions: Questions
}

/** What a page shows that is told this of a lesson that is over: an answer that comes late says less than what was told
 * meanwhile, and one without questions that they are as they were. */
export function newer<T extends Told>(
  now: T | null,
  found: Omit<T, 'questions'> & { questions: Questions | null },
): T | null {
  if (now && found.seq < now.seq) return now
  return found.questions ? (found as T) : now
}

interface Sent {
  kind: string
  data: unknown
}

/** With what one has asked and voted for already, though the server may not have it. */
export function withSent(questions: Questions, me: string, pending: readonly Sent[]): Questions {
  const by_id = { ...questions.by_id }
  for (const { kind, data } of pending) {
    const { question, text, on } = data as { question: string; text: string; on: boolean }
    const one = by_id[question]
    if (kind === 'question.ask' && !one) by_id[question] = asking(me, text)
    if (kind === 'question.vote' && one && one.voters.includes(me) !== on) {
      by_id[question] = { ...one, votes: one.votes + (on ? 1 : -1), voters: on ? [me] : [] }
    }
  }
  return { ...questions, by_id }
}

const asking = (participant: string, text: string): AskedQuestion => ({
  participant, text, named: false, at: Infinity, state: 'open', votes: 0, voters: [], moment: null, replied: false,
  into: null,
}) // prettier-ignore
