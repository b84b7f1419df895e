import type { BoardObject, Event, Page, State } from '../generated/protocol.ts'

/** The page that is shown, and its number of how many. */
export function shownPage(state: State): { page: Page | null; number: number; of: number } {
  const { pages, shown } = state.board
  const index = pages.findIndex((page) => page.id === shown)
  return { page: pages[index] ?? null, number: index + 1, of: pages.length }
}

const NOTHING: readonly BoardObject[] = []
export const objectsOf = (page: Page | null): readonly BoardObject[] => page?.objects ?? NOTHING

/** Whether an event is something to look at on the class's board: what others write on pages of their own is not. */
export const isForAll = ({ kind, data }: Event): boolean =>
  kind === 'page.shown' || (kind === 'stroke.added' && !('board' in (data as object)))

/** Whose pages one of the class's was copied from. */
export const whoseOf = (page: Page | null): readonly string[] => page?.of?.map(({ name }) => name ?? '') ?? []
