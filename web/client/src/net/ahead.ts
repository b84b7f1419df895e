/** The server's answers to what this page asks first, which came with it (`web/server/ahead.py`): each of them once, and none
 *  after the page has changed anything. */

type Answers = Readonly<Record<string, unknown>>
let answers: Answers = {}

export function came(all: Answers): void {
  answers = all
}

export const forget = (): void => came({})

/** Undefined for what is to be asked. */
export function ahead<Answer>(address: string): Answer | undefined {
  const { [address]: answer, ...rest } = answers
  answers = rest
  return answer as Answer | undefined
}

/** Once the page is there whole; its scripts may run before. */
export async function arrived(): Promise<void> {
  if (document.readyState === 'loading')
    await new Promise((done) => document.addEventListener('DOMContentLoaded', done))
  const block = document.getElementById('ahead')?.textContent
  if (block) came(JSON.parse(block) as Answers)
}
