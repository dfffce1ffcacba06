import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Front } from '#main/front/front.ts'
import type { Guard } from './pages.ts'
import { WebSocketServer } from 'ws'
import { dropIfSlow, limits } from '#main/security/limits.ts'
import { readCall } from '#main/security/messages.ts'
import { isOwnOrigin } from '#main/security/origin.ts'
import { parseTarget, refusal } from './pages.ts'

const pingMs = 30_000
/** Close codes 4000 to 4999 are an application's own. */
const hostLost = 4001

/** The contract over WebSockets. Sockets end when the host is lost: pages come back by themselves, as they do after any loss. */
export interface PageSockets {
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  close: () => void
}

export function createPageSockets(front: Front, guard: Guard): PageSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytes, perMessageDeflate: false, clientTracking: true })
  const alive = new WeakSet<WebSocket>()
  const stops = [
    front.onEvent((event, payload) => broadcast(server, JSON.stringify({ event, payload }))),
    front.onState((state) => {
      if (state === 'lost')
        server.clients.forEach(client => client.close(hostLost))
    }),
  ]
  const timer = setInterval(() => server.clients.forEach((client) => {
    if (!alive.delete(client))
      return client.terminate()
    client.ping()
  }), pingMs).unref()

  return {
    upgrade: (request, socket, head) => {
      const refused = whyRefused(request, server.clients.size, front, guard)
      if (refused) {
        socket.on('error', () => socket.destroy()) // the other side may be gone already
        socket.end(`HTTP/1.1 ${refused.status} Refused\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${refused.text}\n`, () => socket.destroy())
        return
      }
      server.handleUpgrade(request, socket, head, (client) => {
        alive.add(client)
        client.on('pong', () => alive.add(client))
        client.on('error', () => client.terminate()) // too long a message, a broken frame
        serve(client, front)
      })
    },
    close: () => {
      clearInterval(timer)
      stops.forEach(stop => stop())
      server.clients.forEach(client => client.terminate())
      server.close()
    },
  }
}

function whyRefused(request: IncomingMessage, connected: number, front: Front, guard: Guard): { status: number, text: string } | null {
  const refused = refusal(request, guard)
  if (refused)
    return refused
  if (parseTarget(request.url)?.pathname !== '/socket')
    return { status: 404, text: 'There is no such socket.' }
  if (!isOwnOrigin(request.headers))
    return { status: 403, text: 'Only pages of this server may connect.' }
  if (connected >= limits.connections)
    return { status: 503, text: `${limits.connections} windows are open already: close one.` }
  if (front.state() === 'lost')
    return { status: 503, text: 'The host of the workspace is starting again.' }
  return null
}

/** Answers the calls of one window. What is no call ends the connection: our own page sends nothing else. */
function serve(client: WebSocket, front: Front): void {
  let underWay = 0
  client.on('message', async (data, isBinary) => {
    const call = isBinary ? null : readCall(String(data))
    if (!call || underWay >= limits.callsAtOnce)
      return client.terminate()
    const { id, method, input } = call
    underWay++
    const reply = await front.dispatch(method, input)
    underWay--
    send(client, JSON.stringify({ id, reply }))
  })
}

function broadcast(server: WebSocketServer, message: string): void {
  for (const client of server.clients)
    send(client, message)
}

function send(client: WebSocket, message: string): void {
  if (client.readyState === client.OPEN && !dropIfSlow(client))
    client.send(message)
}
