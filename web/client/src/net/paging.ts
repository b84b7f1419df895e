/** Lists that come page by page. */

/** The next page behind the rows that are there; what has moved down meanwhile stays where it was. */
export const joined = <Row>(rows: readonly Row[], more: readonly Row[], id: (row: Row) => string): Row[] => {
  const there = new Set(rows.map(id))
  return [...rows, ...more.filter((row) => !there.has(id(row)))]
}
