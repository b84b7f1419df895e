/** The boards' part of the fold. The same as `classroom.board`; objects lie in the order of their z. */
import type {
  BoardObject,
  BoardState,
  BoardStroke,
  Event,
  Handout,
  OwnBoard,
  Page,
  Paper,
  Pens,
  State,
} from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

/** What was erased of a page is kept to be restored: so much, of so many numbers, and at least all that was erased at once. */
const KEPT = { things: 1000, numbers: 2_000_000 }
const KEPT_OF_OWN = { things: 100, numbers: 80_000 }
const KEPT_OF_SHARED = { things: 400, numbers: 320_000 }
const KINDS: Record<Handout['to'], OwnBoard['kind']> = { students: 'participant', rooms: 'room', groups: 'group' }
const PAGE_WIDTH = 1600
/** More than so many are looked for in one go. */
const FEW = 32
/** Numbers. */
const A_POINT = 4
const BLANK: Paper = { kind: 'blank' }

const owns = (record: object, key: string): boolean => Object.prototype.hasOwnProperty.call(record, key)

const onBoard = (state: State, change: Partial<BoardState>): State => ({
  ...state,
  board: { ...state.board, ...change },
})

/** Of which handout a page of one's own is, and whose, be it there already or not; null: it is not such a page. */
export function ownOf(state: State, id: string): { handout: Handout; owner: string } | null {
  const at = id.indexOf('-')
  const handout = state.handouts.find((one) => one.handout === id.slice(0, at))
  return at > 0 && at < id.length - 1 && handout ? { handout, owner: id.slice(at + 1) } : null
}

/** A page of the class's, or of one's own; undefined where nothing is written there yet. */
export function pageOf(state: State, id: string): Page | undefined {
  const known = state.board.pages.find((page) => page.id === id)
  const own = known ? null : ownOf(state, id)
  const board = own && owns(state.boards, own.owner) ? state.boards[own.owner] : undefined
  return known ?? board?.pages.find((page) => page.id === id)
}

/** In whose board's name an event of that page happens; undefined: the class's. */
export const boardOf = (state: State, id: string): string | undefined =>
  state.board.pages.some((page) => page.id === id) ? undefined : ownOf(state, id)?.owner

interface Where {
  page: string
  board?: string
}

function onPage(state: State, { page: id, board: owner }: Where, change: (page: Page) => Page): State {
  if (owner !== undefined) return onOwn(state, id, owner, change)
  const known = state.board.pages.find((page) => page.id === id)
  if (known === undefined) return state
  const after = change(known)
  if (after === known) return state
  return onBoard(state, { pages: state.board.pages.map((page) => (page === known ? after : page)) })
}

/** A page of one's own comes into being by what is written on it. */
function onOwn(state: State, id: string, owner: string, change: (page: Page) => Page): State {
  const own = ownOf(state, id)
  if (!own) return state
  const board = owns(state.boards, owner) ? (state.boards[owner] as OwnBoard) : null
  const known = board?.pages.find((page) => page.id === id)
  const before: Page = known ?? { id, paper: BLANK, objects: [], erased: [] }
  const after = change(before)
  if (after === before) return state
  const others = board?.pages ?? []
  const pages = known ? others.map((page) => (page === known ? after : page)) : [...others, after]
  const whose = board ?? newBoard(state, KINDS[own.handout.to], owner)
  return { ...state, boards: { ...state.boards, [owner]: { ...whose, pages } } }
}

/** A group's has its name, for the group may be no more one day. */
function newBoard({ groups }: State, kind: OwnBoard['kind'], owner: string): Omit<OwnBoard, 'pages'> {
  const group = kind === 'group' && owns(groups.by_id, owner) ? groups.by_id[owner] : undefined
  return { kind, ...(group?.name !== undefined && { name: group.name }) }
}

/** Pages are of ten thousand: a loop takes a quarter of the time of `some`, and a set of all names ten times as much. */
function has(page: Page, name: string): boolean {
  for (const one of page.objects) if (one.object === name) return true
  return false
}

/** With these, each where its z says. What is there already stays as it is. */
function laid(page: Page, objects: readonly BoardObject[]): Page {
  const names = objects.length > FEW ? new Set(page.objects.map(({ object }) => object)) : null
  const fresh = objects.filter(({ object }) => !(names ? names.has(object) : has(page, object)))
  const [first] = fresh
  if (first === undefined) return page
  const last = page.objects[page.objects.length - 1]
  const after = page.objects.concat(fresh)
  if (fresh.length > 1 || (last && last.z > first.z)) after.sort((one, other) => one.z - other.z) // which is stable
  return { ...page, objects: after }
}

function keptOf(state: State, { page, board }: Where): typeof KEPT {
  if (board === undefined) return KEPT
  return (ownOf(state, page)?.handout.to ?? 'students') === 'students' ? KEPT_OF_OWN : KEPT_OF_SHARED
}

function takenOff(page: Page, names: readonly string[], by: string, kept: typeof KEPT): Page {
  const which = new Set(names)
  const gone = page.objects.filter(({ object }) => which.has(object))
  if (!gone.length) return page
  const erased = latest([...page.erased, ...gone.map((object) => ({ by, object }))], gone.length, kept)
  return { ...page, objects: page.objects.filter(({ object }) => !which.has(object)), erased }
}

function latest(erased: Page['erased'], least: number, most: typeof KEPT): Page['erased'] {
  let kept = 0
  for (let numbers = 0; kept < erased.length; kept += 1) {
    const { object } = erased[erased.length - 1 - kept]!
    if (object.type === 'stroke') numbers += object.points.length
    if (kept >= least && (kept >= most.things || numbers > most.numbers)) break
  }
  return erased.slice(erased.length - kept)
}

// pages

const pageAdded: Applier = (state, { data }) => {
  const { pages } = state.board
  if (pages.some((page) => page.id === data.page)) return state
  const page: Page = { id: data.page, paper: data.paper ?? BLANK, objects: [], erased: [] }
  const place = pages.findIndex(({ id }) => id === data.after) + 1 || pages.length
  return onBoard(state, { pages: [...pages.slice(0, place), page, ...pages.slice(place)] })
}

const pageChanged: Applier = (state, { data }) => onPage(state, data, (page) => ({ ...page, paper: data.paper }))

const pageShown: Applier = (state, { data }) => onBoard(state, { shown: data.page, view: null })

const viewShown: Applier = (state, { data: { page, x, y, width } }) => {
  if (page !== state.board.shown) return state
  return onBoard(state, { view: width >= PAGE_WIDTH ? null : { x, y, width } })
}

// strokes

const strokeAdded: Applier = (state, { seq, actor, data: { page, board, room: _, stroke, ...rest } }) => {
  const one: BoardStroke = { object: stroke, type: 'stroke', by: actor, z: seq, ...rest }
  return onPage(state, { page, board }, (on) => laid(on, [one]))
}

const strokeErased: Applier = (state, { actor, data }) =>
  onPage(state, data, (page) => takenOff(page, [data.stroke], actor, keptOf(state, data)))

const strokeTrimmed: Applier = (state, { actor, data }) =>
  onPage(state, data, (page) => {
    const whole = page.objects.find(({ object }) => object === data.stroke)
    if (whole?.type !== 'stroke') return page
    const parts = (data.parts as { stroke: string; from: number; to: number }[]).map(({ stroke, from, to }) => ({
      ...whole,
      object: stroke,
      points: cut(whole.points, from, to),
    }))
    return laid(takenOff(page, [data.stroke], actor, keptOf(state, data)), parts)
  })

/** The points of a part of a stroke: those between, and at its ends what lies between two of them. */
export function cut(points: readonly number[], from: number, to: number): number[] {
  const last = Math.floor(points.length / A_POINT) - 1
  const at = (index: number): number[] => {
    const before = Math.min(last, Math.floor(index))
    const after = Math.min(last, before + 1)
    return [0, 1, 2, 3].map((n) => {
      const a = points[before * A_POINT + n] as number
      return a + ((points[after * A_POINT + n] as number) - a) * (index - before)
    })
  }
  return [...at(from), ...points.slice((Math.floor(from) + 1) * A_POINT, Math.ceil(to) * A_POINT), ...at(to)]
}

// anything

const objectAdded: Applier = (state, { seq, actor, data }) =>
  onPage(state, data, (page) => laid(page, [{ ...data.object, by: actor, z: seq }]))

const objectChanged: Applier = (state, { data }) =>
  onPage(state, data, (page) => {
    const changes = new Map((data.changes as { object: string }[]).map((change) => [change.object, change]))
    if (!page.objects.some(({ object }) => changes.has(object))) return page
    return {
      ...page,
      objects: page.objects.map((one) => {
        const change = changes.get(one.object)
        if (!change) return one
        const after = { ...one, ...change } as BoardObject
        if ('words' in change && !('text' in change)) delete (after as { text?: string }).text
        if ('words' in change) delete (after as { copy_of?: string }).copy_of
        return after
      }),
    }
  })

const objectErased: Applier = (state, { actor, data }) =>
  onPage(state, data, (page) => takenOff(page, data.objects, actor, keptOf(state, data)))

const objectRestored: Applier = (state, { data }) =>
  onPage(state, data, (page) => {
    const names = new Set<string>(data.objects)
    for (const { object } of page.objects) names.delete(object)
    const back = new Map<string, BoardObject>()
    for (const { object } of page.erased) {
      if (!names.has(object.object)) continue
      back.delete(object.object)
      back.set(object.object, object) // what was erased last, counts
    }
    const erased = page.erased.filter(({ object }) => !back.has(object.object))
    return back.size ? { ...laid(page, [...back.values()]), erased } : page
  })

// handouts, and what comes back of them

const HANDOUT_PHASES: Record<string, Record<Handout['phase'], Handout['phase'] | null>> = {
  'handout.collected': { open: 'collected', collected: null },
  'handout.reopened': { open: 'open', collected: 'open' },
}

const handoutGiven: Applier = (state, { at, data }) => {
  if (state.handouts.some(({ handout }) => handout === data.handout)) return state
  return { ...state, handouts: [...state.handouts, { ...data, phase: 'open', since: at }] }
}

const handoutMoved: Applier = (state, { kind, at, data }) => {
  const known = state.handouts.find(({ handout }) => handout === data.handout)
  const phase = known && HANDOUT_PHASES[kind]?.[known.phase]
  if (!known || !phase) return state
  const after = { ...known, phase, ...(kind === 'handout.reopened' ? { since: at, seconds: data.seconds } : {}) }
  return { ...state, handouts: state.handouts.map((one) => (one === known ? after : one)) }
}

/** All lies in the order in which it is told, also what is erased and comes back. */
const pageFilled: Applier = (state, { seq, data }) =>
  onPage(state, data, (page) => {
    const objects = (data.objects as BoardObject[]).map((one, i, { length }) => ({ ...one, z: seq + i / length }))
    return { ...laid(page, objects), of: data.of }
  })

// pens

const NOBODY: Pens = { participants: {}, rooms: {}, everyone: false, without: { participants: [], rooms: [] } }

const penGiven: Applier = (state, { data }) => {
  const { participants, rooms, everyone, without } = state.board.pens
  const { participants: some, rooms: others } = data.everyone ? NOBODY.without : without
  return onBoard(state, {
    pens: {
      participants: { ...participants, ...data.participants },
      rooms: { ...rooms, ...data.rooms },
      everyone: everyone || data.everyone,
      without: {
        participants: some.filter((one) => !owns(data.participants, one)),
        rooms: others.filter((room) => !owns(data.rooms, room)),
      },
    },
  })
}

const penTaken: Applier = (state, { data }) => {
  if (data.everyone) return onBoard(state, { pens: NOBODY })
  const { participants, rooms, everyone, without } = state.board.pens
  const but = (pens: Record<string, string | null>, taken: readonly string[]) =>
    Object.fromEntries(Object.entries(pens).filter(([one]) => !taken.includes(one)))
  const both = (some: readonly string[], others: readonly string[]) => [...new Set([...some, ...others])]
  const left = but(rooms, data.rooms)
  const others = everyone || Object.keys(left).length > 0
  return onBoard(state, {
    pens: {
      participants: but(participants, data.participants),
      rooms: left,
      everyone,
      without: {
        participants: others ? both(without.participants, data.participants) : [],
        rooms: everyone ? both(without.rooms, data.rooms) : [],
      },
    },
  })
}

export const BOARD: Readonly<Record<string, Applier>> = {
  'page.added': pageAdded,
  'page.changed': pageChanged,
  'page.shown': pageShown,
  'view.shown': viewShown,
  'stroke.added': strokeAdded,
  'stroke.erased': strokeErased,
  'stroke.trimmed': strokeTrimmed,
  'object.added': objectAdded,
  'object.changed': objectChanged,
  'object.erased': objectErased,
  'object.restored': objectRestored,
  'handout.given': handoutGiven,
  'handout.collected': handoutMoved,
  'handout.reopened': handoutMoved,
  'page.filled': pageFilled,
  'pen.given': penGiven,
  'pen.taken': penTaken,
}
