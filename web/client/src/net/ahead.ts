/** The server's answers to what this page asks first, which came with it (`web/server/ahead.py`): each of them once, and none
 *  after the page has changed anything. */

type Answers = Readonly<Record<string, unknown>>
let answers: Answers = {}

export function came(all: Answers): void {
  answers = all
}

export const forget = (): void => came({})

/** Undefined for what is to be asked. */
export function ahead(address: string): unknown {
  const { [address]: answer, ...rest } = answers
  answers = rest
  return answer
}

const block = globalThis.document?.getElementById('ahead')?.textContent
if (block) came(JSON.parse(block) as Answers)
