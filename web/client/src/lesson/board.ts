/** The board's part of the fold. The same as `classroom.board`; objects lie in the order of their z. */
import type { BoardObject, BoardState, BoardStroke, Event, Page, Paper, Pens, State } from '../generated/protocol.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each reducer knows the data of its own kinds
type Applier = (state: State, event: Event<any>) => State

/** What was erased of a page is kept to be restored: so much, of so many numbers, and at least all that was erased at once. */
const KEPT = 1000
const KEPT_NUMBERS = 2_000_000
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

function onPage(state: State, id: string, change: (page: Page) => Page): State {
  const known = state.board.pages.find((page) => page.id === id)
  if (known === undefined) return state
  const after = change(known)
  if (after === known) return state
  return onBoard(state, { pages: state.board.pages.map((page) => (page === known ? after : page)) })
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

function takenOff(page: Page, names: readonly string[], by: string): Page {
  const which = new Set(names)
  const gone = page.objects.filter(({ object }) => which.has(object))
  if (!gone.length) return page
  const erased = latest([...page.erased, ...gone.map((object) => ({ by, object }))], gone.length)
  return { ...page, objects: page.objects.filter(({ object }) => !which.has(object)), erased }
}

function latest(erased: Page['erased'], least: number): Page['erased'] {
  let kept = 0
  for (let numbers = 0; kept < erased.length; kept += 1) {
    const { object } = erased[erased.length - 1 - kept]!
    if (object.type === 'stroke') numbers += object.points.length
    if (kept >= least && (kept >= KEPT || numbers > KEPT_NUMBERS)) break
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

const pageChanged: Applier = (state, { data }) => onPage(state, data.page, (page) => ({ ...page, paper: data.paper }))

const pageShown: Applier = (state, { data }) => onBoard(state, { shown: data.page, view: null })

const viewShown: Applier = (state, { data: { page, x, y, width } }) => {
  if (page !== state.board.shown) return state
  return onBoard(state, { view: width >= PAGE_WIDTH ? null : { x, y, width } })
}

// strokes

const strokeAdded: Applier = (state, { seq, actor, data: { page, stroke, ...rest } }) => {
  const one: BoardStroke = { object: stroke, type: 'stroke', by: actor, z: seq, ...rest }
  return onPage(state, page, (on) => laid(on, [one]))
}

const strokeErased: Applier = (state, { actor, data }) =>
  onPage(state, data.page, (page) => takenOff(page, [data.stroke], actor))

const strokeTrimmed: Applier = (state, { actor, data }) =>
  onPage(state, data.page, (page) => {
    const whole = page.objects.find(({ object }) => object === data.stroke)
    if (whole?.type !== 'stroke') return page
    const parts = (data.parts as { stroke: string; from: number; to: number }[]).map(({ stroke, from, to }) => ({
      ...whole,
      object: stroke,
      points: cut(whole.points, from, to),
    }))
    return laid(takenOff(page, [data.stroke], actor), parts)
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
  onPage(state, data.page, (page) => laid(page, [{ ...data.object, by: actor, z: seq }]))

const objectChanged: Applier = (state, { data }) =>
  onPage(state, data.page, (page) => {
    const changes = new Map((data.changes as { object: string }[]).map((change) => [change.object, change]))
    return {
      ...page,
      objects: page.objects.map((one) => {
        const change = changes.get(one.object)
        if (!change) return one
        const after = { ...one, ...change } as BoardObject
        if ('words' in change && !('text' in change)) delete (after as { text?: string }).text
        return after
      }),
    }
  })

const objectErased: Applier = (state, { actor, data }) =>
  onPage(state, data.page, (page) => takenOff(page, data.objects, actor))

const objectRestored: Applier = (state, { data }) =>
  onPage(state, data.page, (page) => {
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
  'pen.given': penGiven,
  'pen.taken': penTaken,
}
