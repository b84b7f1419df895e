// The field's own server: Socket.IO on Node, doing the least that a broadcast to a lesson needs.
// node socketio_node.mjs HOST PORT [CERT KEY]
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Server } from 'socket.io'

const [host, port, cert, key] = process.argv.slice(2)
const http = cert ? createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }) : createServer()
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, pingInterval: 4000, pingTimeout: 5000 })
let seq = 0

io.of('/lesson').on('connection', (socket) => {
  socket.join('lesson')
  socket.emit('snapshot', { seq, at: 0 })
  socket.on('signal', (signal) => socket.to('lesson').emit('signal', signal))
  socket.on('command', ({ id, data }, answer) => {
    seq += 1
    answer({ ok: true, seq })
    io.of('/lesson').to('lesson').emit('events', [{ seq, at: 0, actor: 'teacher', kind: 'stroke.added', data, cause: null, v: 1 }])
  })
})
http.listen(Number(port), host)
