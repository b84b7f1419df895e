// A page without a browser: the client's own Connection in Node, driven by lines of JSON on standard input.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

globalThis.addEventListener = globalThis.removeEventListener = () => {}
globalThis.document = { hidden: false }

const [connectionModule, url, shelfFile] = process.argv.slice(2)
const { Connection, CommandRefused } = await import(connectionModule)

const say = (message) => process.stdout.write(JSON.stringify(message) + '\n')
const shelf = {
  getItem: () => {
    try {
      return readFileSync(shelfFile, 'utf8')
    } catch {
      return null
    }
  },
  setItem: (_, value) => writeFileSync(shelfFile, value),
  removeItem: () => rmSync(shelfFile, { force: true }),
}

let giveToken
const connection = new Connection({
  url,
  token: () => {
    say({ want: 'token' })
    return new Promise((resolve, reject) => (giveToken = { resolve, reject }))
  },
  outbox: { shelf, key: 'seat' },
})
let last = ''
connection.subscribe(({ status }) => {
  const now = JSON.stringify({ status })
  if (now !== last) say({ status })
  last = now
})
connection.onEvents((events) => say({ events }))
for (const kind of ['welcome', 'cursor', 'tally']) connection.on(kind, (data, from) => say({ signal: kind, data, from }))

const does = {
  start: () => connection.start(),
  close: () => connection.close(),
  token: ({ token }) => giveToken.resolve(token),
  notoken: ({ code }) => giveToken.reject(code ? new CommandRefused(code, 'no') : new Error('no line')),
  command: ({ n, kind, data }) =>
    connection.command(kind, data).then(
      (seq) => say({ done: n, seq }),
      (error) => say({ refused: n, code: error.code }),
    ),
  signal: ({ kind, data }) => connection.signal(kind, data),
  look: () => say({ state: connection.state, pending: connection.pending.length, now: connection.now() }),
}
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  does[asked.do](asked)
}
process.exit(0)
