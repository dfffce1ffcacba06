import type { Socket } from 'node:net'
import type { Reply } from '#shared/bridge.ts'
import type { Client, EventName, Method } from '#shared/contract.ts'
import type { Dispatching, Listeners } from './dispatch.ts'
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { dirname } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { dropIfSlow } from '#main/security/limits.ts'
import { readCall, readMessage } from '#main/security/messages.ts'
import { events, methods } from '#shared/contract.ts'
import { FacetError } from '#shared/errors.ts'
import { Problem } from '#shared/problem-schema.ts'
import { createListeners, dispatch, unwrap } from './dispatch.ts'
import { HolderGone } from './holder-gone.ts'

/** One message, one line of JSON. */
const Answer = z.strictObject({
  id: z.int(),
  reply: z.discriminatedUnion('ok', [
    z.strictObject({
      ok: z.literal(true),
      value: z.unknown().optional(),
    }),
    z.strictObject({
      ok: z.literal(false),
      problem: Problem,
    }),
  ]),
})
const Told = z.strictObject({
  event: z.enum(Object.keys(events) as [EventName, ...EventName[]]),
  payload: z.unknown(),
})

const limitBytes = 64 << 20

/** The listening end: who needs it (connections, and calls under way, whose asker may have gone meanwhile), and its end. */
export interface SocketServer { clients: () => number, close: () => Promise<void> }

/** The calling end without the contract's types, for carriers that pass calls and events on unread. */
export interface RawSocket {
  /** @throws HolderGone when nobody will answer any more */
  ask: (method: string, input: unknown) => Promise<Reply>
  onEvent: (listener: (event: EventName, payload: unknown) => void) => () => void
  /** Called once, with what ended it. */
  onGone: (listener: (message: string) => void) => void
  close: () => void
}

/** Listens for other terminals, servers and windows of the same person. */
export async function listen(path: string, dispatching: Dispatching, listeners: Listeners): Promise<SocketServer> {
  makePrivateFolder(dirname(path))
  removeSocket(path)
  const open = new Set<Socket>()
  let underWay = 0
  const server = createServer((socket) => {
    open.add(socket)
    const stop = listeners.onAny((event, payload) => tell(socket, { event, payload }))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      stop()
      open.delete(socket)
    })
    readLines(socket, async (line) => {
      underWay++
      try {
        await answer(socket, dispatching, line)
      }
      finally {
        underWay--
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  server.unref()
  return {
    clients: () => open.size + underWay,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of open)
        socket.destroy()
      removeSocket(path)
    }),
  }
}

/** A client of whoever listens there. @throws HolderGone when nobody answers in time */
export async function connectSocket(path: string, deadlineMs = 3_000): Promise<Client> {
  const raw = await connectRaw(path, deadlineMs)
  const listeners = createListeners()
  raw.onEvent((event, payload) => listeners.emit(event, events[event].parse(payload) as never))
  const call = async (method: Method, input?: unknown): Promise<unknown> => {
    const value = unwrap(await raw.ask(method, input)) // first: a name that is none has no schema
    return methods[method].result.parse(value)
  }
  return {
    call: call as Client['call'],
    on: listeners.on,
    close: async () => raw.close(),
  }
}

/** How often a holder is asked for a sign of life, and how many it may leave unanswered: a computation of some seconds is no hang. */
const sign = { everyMs: 2_000, most: 5 }

/** Calls `onHung` where a holder that is there leaves questions unanswered. Counted, not timed: while a machine sleeps nobody is late. */
function watchSigns(ask: () => Promise<unknown>, onHung: () => void): { stop: () => void } {
  let unanswered = 0
  const timer = setInterval(() => {
    if (unanswered >= sign.most)
      return onHung()
    unanswered++
    ask().then(() => { unanswered = 0 }, () => clearInterval(timer))
  }, sign.everyMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/**
 * The same without reading what passes through.
 *
 * @throws HolderGone when nobody answers in time; calls under way are rejected with it when the holder ends, or hangs for ten seconds
 */
export async function connectRaw(path: string, deadlineMs = 3_000): Promise<RawSocket> {
  const socket = createConnection(path)
  const waiting = new Map<number, { resolve: (reply: Reply) => void, reject: (error: HolderGone) => void }>()
  const listeners = createListeners()
  let nextId = 0
  let tellGone = (_message: string): void => {}
  let signs: { stop: () => void } | null = null
  const end = (message: string, isHung = false): void => {
    signs?.stop()
    for (const [id, { reject }] of waiting) {
      waiting.delete(id)
      reject(new HolderGone(message, { wasAsked: true, isHung }))
    }
    socket.destroy()
    tellGone(message)
    tellGone = () => {}
  }
  socket.on('error', error => end(`The holder of the workspace does not answer: ${error.message}.`))
  socket.on('close', () => end('The holder of the workspace has gone.'))
  readLines(socket, (line) => {
    const message = readMessage(line)
    const told = Told.safeParse(message)
    if (told.success)
      return listeners.emit(told.data.event, told.data.payload as never)
    const answered = Answer.safeParse(message)
    if (!answered.success)
      return end('The holder of the workspace says something that is no answer: is it another version of Facet?')
    const { id, reply } = answered.data
    waiting.get(id)?.resolve(reply as Reply)
    waiting.delete(id)
  })
  const raw: RawSocket = {
    ask: (method, input) => new Promise<Reply>((resolve, reject) => {
      if (socket.destroyed)
        return reject(new HolderGone('The holder of the workspace has gone.', { wasAsked: false }))
      const id = nextId++
      waiting.set(id, { resolve, reject })
      send(socket, { id, method, input })
    }),
    onEvent: listeners.onAny,
    onGone: (listener) => { tellGone = listener },
    close: () => socket.destroy(),
  }
  const deadline = setTimeout(end, deadlineMs, `The holder of the workspace did not answer within ${deadlineMs / 1000} s.`)
  try {
    unwrap(await raw.ask('app.info', undefined))
    signs = watchSigns(() => raw.ask('app.info', undefined), () => end(`The holder of the workspace is there and has not answered for ${sign.everyMs * sign.most / 1000} s.`, true))
    return raw
  }
  finally {
    clearTimeout(deadline)
  }
}

async function answer(socket: Socket, dispatching: Dispatching, line: string): Promise<void> {
  const call = readCall(line)
  if (!call)
    return void socket.destroy()
  const { id, method, input } = call
  tell(socket, { id, reply: await dispatch(dispatching, method, input) })
}

/** Tells a client; one that does not read is dropped, since the holder must not keep a day's events for it. */
function tell(socket: Socket, message: unknown): void {
  if (!dropIfSlow({ bufferedAmount: socket.writableLength, terminate: () => socket.destroy() }))
    send(socket, message)
}

function send(socket: Socket, message: unknown): void {
  if (!socket.destroyed)
    socket.write(`${JSON.stringify(message)}\n`)
}

function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    rest += String(chunk)
    if (rest.length > limitBytes)
      return void socket.destroy(new FacetError('usage', `A message is longer than ${limitBytes} bytes.`))
    if (!String(chunk).includes('\n'))
      return
    const lines = rest.split('\n')
    rest = lines.pop()!
    for (const line of lines)
      onLine(line)
  })
}

/** The folder in the temporary folder could be somebody else's trap: it must be ours. */
function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const owner = lstatSync(folder).uid
  if (owner !== process.getuid?.())
    throw new FacetError('conflict', `The folder of the workspace's socket belongs to another user (${owner}).`, { where: folder, hint: 'Remove it, or move the workspace to a shorter path.' })
}

/** Removes what a killed holder left; anything that is no socket stays, and listening fails with its name. */
function removeSocket(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket())
    rmSync(path)
}
