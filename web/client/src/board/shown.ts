import type { BoardObject, Page, State } from '../generated/protocol.ts'

/** The page that is shown, and its number of how many. */
export function shownPage(state: State): { page: Page | null; number: number; of: number } {
  const { pages, shown } = state.board
  const index = pages.findIndex((page) => page.id === shown)
  return { page: pages[index] ?? null, number: index + 1, of: pages.length }
}

const NOTHING: readonly BoardObject[] = []
export const objectsOf = (page: Page | null): readonly BoardObject[] => page?.objects ?? NOTHING
