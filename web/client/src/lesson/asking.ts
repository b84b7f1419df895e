/** The fold of what learners ask. The same as `classroom.asking`. */
import type { AskedQuestion, Event, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

const UNSEEN = ['held', 'hidden', 'merged']
const OVER = [...UNSEEN, 'answered', 'later']

/** Ids may be words that every object answers to. */
function own(state: State, question: string): AskedQuestion | undefined {
  const { by_id } = state.questions
  return Object.prototype.hasOwnProperty.call(by_id, question) ? by_id[question] : undefined
}

/** What is over now, or no more to be seen, leaves the displays; what was over when it was shown, stays. */
function put(state: State, question: string, one: AskedQuestion | null): State {
  const { by_id, now } = state.questions
  // A class votes fast, and may have asked much: what is only changed costs least.
  const others = () => Object.fromEntries(Object.entries(by_id).filter(([id]) => id !== question))
  const after = one ? { ...by_id, [question]: one } : others()
  const over = one === null || (OVER.includes(one.state) && one.state !== own(state, question)?.state)
  return {
    ...state,
    questions: { ...state.questions, by_id: after, now: over && now?.question === question ? null : now },
  }
}

function begun(data: Record<string, unknown>, at: number): AskedQuestion {
  const told = ['participant', 'text', 'name'].filter((field) => field in data).map((field) => [field, data[field]])
  const { named, state } = data as Pick<AskedQuestion, 'named' | 'state'>
  const none = { votes: 0, voters: [], moment: null, replied: false, into: null }
  return { named, at, state, ...none, ...(Object.fromEntries(told) as Partial<AskedQuestion>) }
}

/** Who has voted for the other when the one, of this asker, is merged into it. */
function votersOf(one: AskedQuestion, into: AskedQuestion, asker: string | undefined): string[] {
  const askers = asker === undefined ? [] : [asker]
  return [...new Set([...into.voters, ...one.voters, ...askers])].filter((who) => who !== into.participant)
}

const asked: Applier = (state, { at, data }) => put(state, data.question, begun(data, at))

/** Whoever says for themselves what they think of a question, has a vote for it that no merger gave. */
const voted: Applier = (state, { data }) => {
  const one = own(state, data.question)
  if (one === undefined) return state
  const isAnother = (who: string) => who !== data.participant
  const others = one.voters.filter(isAnother)
  for (const [id, { into, gave }] of Object.entries(state.questions.by_id))
    if (into === data.question && gave && !gave.every(isAnother))
      state = put(state, id, { ...(own(state, id) as AskedQuestion), gave: gave.filter(isAnother) })
  const voters = data.on && 'participant' in data ? [...others, data.participant as string] : others
  return put(state, data.question, { ...one, votes: one.votes + (data.on ? 1 : -1), voters })
}

const marked: Applier = (state, { data }) => {
  if (data.forget) return put(state, data.question, null)
  let one = 'asked_at' in data ? begun(data, data.asked_at) : own(state, data.question)
  if (one === undefined) return state
  if (data.state === 'hidden') {
    one = { ...one, votes: 0, voters: [], moment: null, replied: false }
    delete one.reply
  }
  return put(state, data.question, { ...one, state: data.state, moment: data.moment ?? one.moment })
}

const replied: Applier = (state, { data }) => {
  const one = own(state, data.question)
  if (one === undefined) return state
  const reply = 'reply' in data ? { reply: data.reply as string } : {}
  return put(state, data.question, { ...one, ...reply, state: 'answered', replied: true })
}

const merged: Applier = (state, { data }) => {
  const [one, into] = [own(state, data.question), own(state, data.into)]
  let gave: string[] = []
  if (into !== undefined) {
    const voters = one === undefined ? into.voters : votersOf(one, into, data.participant)
    gave = voters.filter((who) => !into.voters.includes(who))
    state = put(state, data.into, { ...into, votes: data.votes, voters })
  }
  if (one === undefined || data.forget) return put(state, data.question, null)
  return put(state, data.question, { ...one, state: 'merged', into: data.into, was: one.state, gave })
}

const parted: Applier = (state, { data }) => {
  const into = own(state, data.into)
  if (into !== undefined) {
    const voters = into.voters.filter((who) => !data.gave.includes(who))
    state = put(state, data.into, { ...into, votes: data.votes, voters })
  }
  if (data.forget) return put(state, data.question, null)
  const { had: votes, voters, replied, moment = null } = data
  const reply = 'reply' in data ? { reply: data.reply as string } : {}
  return put(state, data.question, { ...begun(data, data.asked_at), votes, voters, replied, moment, ...reply })
}

const shown: Applier = (state, { at, data }) => {
  const now = 'question' in data ? { question: data.question as string, at } : null
  return { ...state, questions: { ...state.questions, now } }
}

const ruled: Applier = (state, { data }) => ({
  ...state,
  questions: { ...state.questions, held: data.held, named: data.named },
})

export const ASKING: Readonly<Record<string, Applier>> = {
  'question.asked': asked,
  'question.voted': voted,
  'question.marked': marked,
  'question.replied': replied,
  'question.merged': merged,
  'question.parted': parted,
  'question.shown': shown,
  'question.ruled': ruled,
}
