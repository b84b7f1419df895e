/**
 * A recording that was exported to a folder carries with it what the server would have answered, and says where its files
 * lie beside the page (`data.js`, docs/exchange.md). Addresses are those of the server's, below its resource's.
 */

interface Carried {
  answers: Readonly<Record<string, unknown>>
  files: Readonly<Record<string, string>>
}

/** The resource of a page that carries one. */
export const CARRIED = 'carried'
const BASE = `/api/v1/resources/${CARRIED}`

const carried = (globalThis as { TONGKE?: Carried }).TONGKE ?? null

export const isCarried = carried !== null

const own = <T>(all: Readonly<Record<string, T>>, address: string): T | undefined => {
  const name = address.slice(BASE.length)
  return address.startsWith(BASE) && Object.prototype.hasOwnProperty.call(all, name) ? all[name] : undefined
}

/** What would be answered, undefined for what is not there. */
export const answerOf = (address: string): unknown => (carried ? own(carried.answers, address) : undefined)

/** Where the file of an address is: that of the server's, or one beside the page. */
export const located = (address: string): string => (carried && own(carried.files, address)) ?? address

/** A picture beside the page: nothing but an element can read it there. */
export async function pictureOf(address: string): Promise<HTMLImageElement> {
  const picture = new Image()
  picture.src = address
  await picture.decode()
  return picture
}
