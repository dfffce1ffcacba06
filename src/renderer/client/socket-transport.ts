import type { Connection, Reply } from '#shared/bridge.ts'
import type { EventName, Method } from '#shared/contract.ts'
import type { Transport } from './transport.ts'
import { z } from 'zod'
import { events } from '#shared/contract.ts'
import { Problem } from '#shared/problem-schema.ts'
import { away } from './transport.ts'

const Message = z.union([
  z.strictObject({
    id: z.int(),
    reply: z.discriminatedUnion('ok', [
      z.strictObject({ ok: z.literal(true), value: z.unknown().optional() }),
      z.strictObject({ ok: z.literal(false), problem: Problem }),
    ]),
  }),
  z.strictObject({
    event: z.enum(Object.keys(events) as [EventName, ...EventName[]]),
    payload: z.unknown(),
  }),
])

/** Waits between two attempts: quick at first, since a host that is started again is there within a second. */
const retryMs = [200, 400, 800, 1500, 3000]

/** The contract over a WebSocket, as `facet serve` offers it to a browser. `open` makes a socket, replaced in tests. */
export function createSocketTransport(open: () => WebSocket): Transport {
  const waiting = new Map<number, (reply: Reply) => void>()
  const eventListeners = new Set<(event: EventName, payload: unknown) => void>()
  const stateListeners = new Set<(state: Connection) => void>()
  let socket: WebSocket
  let state: Connection = 'connecting'
  let attempts = 0
  let nextId = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  function setState(next: Connection): void {
    if (next === state)
      return
    state = next
    for (const listener of stateListeners)
      listener(next)
  }
  function connect(): void {
    socket = open()
    socket.addEventListener('open', () => {
      attempts = 0
      setState('open')
    })
    socket.addEventListener('message', ({ data }) => receive(String(data)))
    socket.addEventListener('close', lose)
  }
  function lose(): void {
    for (const resolve of waiting.values())
      resolve(away)
    waiting.clear()
    if (isClosed)
      return
    setState('lost')
    timer = setTimeout(connect, retryMs[Math.min(attempts++, retryMs.length - 1)])
  }
  function receive(text: string): void {
    const message = Message.parse(JSON.parse(text))
    if ('event' in message) {
      for (const listener of eventListeners)
        listener(message.event, message.payload)
      return
    }
    waiting.get(message.id)?.(message.reply as Reply)
    waiting.delete(message.id)
  }
  async function call(method: Method, input?: unknown): Promise<Reply> {
    if (state === 'connecting')
      await settled()
    if (socket.readyState !== WebSocket.OPEN)
      return away
    const id = nextId++
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, input }))
    })
  }
  /** Resolves once the first attempt has succeeded or failed. */
  function settled(): Promise<void> {
    return new Promise((resolve) => {
      const listener = (): void => {
        stateListeners.delete(listener)
        resolve()
      }
      stateListeners.add(listener)
    })
  }

  connect()
  return {
    call,
    onEvent: (listener) => {
      eventListeners.add(listener)
      return () => eventListeners.delete(listener)
    },
    onConnection: (listener) => {
      listener(state)
      stateListeners.add(listener)
      return () => stateListeners.delete(listener)
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
      socket.close()
    },
  }
}
