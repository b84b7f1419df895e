/** What children practise, as their pages and their teachers' ask for it when the lesson is over. */

import type { Practice, Question } from '../generated/protocol.ts'
import { uuid } from '../lesson/outbox.ts'
import { api } from './api'
import { request } from './request'
import { startAt } from './watchable'

export type Given = Omit<Practice, 'at'> & { practice: string }
export interface OfSeat {
  lesson: string
  title: string
  participant: string
  practices: Given[]
  /** What of the library it may open now. */
  resources: AtPoint[]
}
/** What of the library can be given, or was. */
export interface Watchable {
  resource: string
  title: string
  kind: string
  mime: string
  duration_ms: number | null
  /** Where a link leads. */
  target: string
}
/** `at`: the moment at which a recording comes to the practice's knowledge point, in ms of the lesson's clock. */
export interface AtPoint extends Watchable {
  at: number | null
}
/** `unreached`: the children who cannot open it. Of a bank nothing is opened: its `questions` ask for the point. */
export interface Proposed extends Watchable {
  unreached: string[]
  questions: Question[]
}
/** Where a child sat in a lesson that is over; `to_practise`: so many questions. */
export interface Sat {
  seat: string
  lesson: string
  title: string
  ended_at: number
  to_practise: number
}
export interface Giving {
  practice: string
  point: string
  participants: string[]
  questions: Question[]
  courseware: string[]
  resources: string[]
}

const id = encodeURIComponent
const ofLesson = (lesson: string): string => `/api/v1/lessons/${id(lesson)}/practices`
const ofSeat = (seat: string): string => `/api/v1/seats/${id(seat)}/practices`

export const given = (lesson: string): Promise<Given[]> => request('GET', ofLesson(lesson))
export const give = (lesson: string, data: Giving): Promise<Given[]> =>
  request('POST', ofLesson(lesson), { id: uuid(), data })
export const practices = (seat: string): Promise<OfSeat> => request('GET', ofSeat(seat))
export const practise = (seat: string, practice: string, data: Record<string, unknown>): Promise<OfSeat> =>
  request('POST', `${ofSeat(seat)}/${id(practice)}/answers`, { id: uuid(), data })

/** From then on the resource opens in this browser. */
export const openGiven = (seat: string, practice: string, resource: string): Promise<void> =>
  request('POST', `${ofSeat(seat)}/${id(practice)}/resources/${id(resource)}`)
/** The player's address for a child, a little before the point is come to. */
export const givenAt = (seat: string, practice: string, { resource, at }: AtPoint): string =>
  `/library/${id(resource)}?${String(new URLSearchParams({ seat, practice }))}${at === null ? '' : `&${startAt(at)}`}`

/** The lessons in which someone of that name was, in this browser. */
export const sat = (name: string): Promise<Sat[]> => request('GET', `/api/v1/seats?name=${id(name)}`)

/** How many questions a child has not answered yet. */
export const leftOf = (practices: readonly Given[], me: string): number =>
  practices.reduce((sum, { questions, marks }) => sum + questions.length - Object.keys(marks[me] ?? {}).length, 0)

/** Whether a question can be practised: it has a right answer, and none that a teacher must mark. */
export const practisable = (question: Question): boolean => 'answer' in question && question.answer != null

/** What there is for those who missed a point: of the library what names it, the best first, and banks; of one's shelf
 *  what has its words; and questions of one's bank that ask for it. */
export interface Proposal {
  resources: Proposed[]
  banks: Proposed[]
  shelf: { id: string; name: string }[]
  bank: Question[]
}

const parted = <T>(all: readonly T[], goes: (one: T) => boolean): [T[], T[]] => [
  all.filter(goes),
  all.filter((one) => !goes(one)),
]

const MOST = 10
/** What a question has by being run. */
const RUN = ['activity', 'seconds', 'anonymous', 'changeable', 'phase', 'opened_at', 'answers', 'counts', 'tally', 'marks', 'answered'] // prettier-ignore

/** A question as it was asked, without how that was run. */
const plain = (asked: Question): Question =>
  Object.fromEntries(
    Object.entries(asked).filter(([field, value]) => !RUN.includes(field) && value != null),
  ) as unknown as Question

/** What is practised of a point: new ones of the banks first, then those that were missed. */
export function chosen(point: string, asked: readonly Question[], banked: readonly Question[]): Question[] {
  return [...fresh(point, asked, banked), ...missedOf(point, asked).map(plain)].slice(0, MOST)
}

/** Those of a bank that were not asked, each once. */
export function fresh(point: string, asked: readonly Question[], banked: readonly Question[]): Question[] {
  const known = new Set(missedOf(point, asked).map(({ source }) => source))
  return banked.filter(({ source }) => !known.has(source) && known.add(source))
}

const missedOf = (point: string, asked: readonly Question[]): Question[] =>
  asked.filter((one) => one.points?.includes(point) && practisable(one))

const SHOWN = ['slides', 'audio', 'video']
const MOST_SHELF = 3
const MOST_BANK = 5
const MEDIA = ['picture', 'sound', 'pictures', 'target_pictures']

interface Banked {
  id: string
  question: Question & Record<string, unknown>
  mine: boolean
}

/** Point → what is proposed. What cannot be looked up is not proposed. */
export async function propose(lesson: string, points: readonly string[]): Promise<Record<string, Proposal>> {
  if (!points.length) return {}
  const own = await api.shelf().catch(() => [])
  const ready = new Map(
    own.filter(({ status, kind }) => status === 'ready' && SHOWN.includes(kind ?? '')).map((one) => [one.id, one]),
  )
  const proposed = points.map(async (point): Promise<[string, Proposal]> => {
    const [resources, found, bank] = await Promise.all([
      request<Proposed[]>('GET', `${ofLesson(lesson)}/resources?point=${id(point)}`).catch(() => []),
      ready.size ? api.searchShelf(point).catch(() => []) : [],
      request<{ questions: Banked[] }>('GET', `/api/v1/questions?point=${id(point)}`).then(
        ({ questions }) => questions,
        () => [],
      ),
    ])
    const shelf = found.map(({ courseware }) => ready.get(courseware)).filter((one) => one !== undefined)
    // The pictures of someone else's question are on someone else's shelf.
    const usable = bank.filter(
      ({ question, mine }) => practisable(question) && (mine || !MEDIA.some((field) => question[field])),
    )
    const questions = usable.slice(0, MOST_BANK).map((one) => ({ ...one.question, source: one.id }) as Question)
    const [banks, watched] = parted(resources, ({ kind }) => kind === 'bank')
    return [point, { resources: watched, banks, shelf: shelf.slice(0, MOST_SHELF), bank: questions }]
  })
  return Object.fromEntries(await Promise.all(proposed))
}
