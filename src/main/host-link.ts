import type { Connection, Reply } from '#shared/bridge.ts'
import type { EventName } from '#shared/contract.ts'
import type { RawSocket } from './socket.ts'
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { FacetError, toProblem } from '#shared/errors.ts'
import { Problem } from '#shared/problem-schema.ts'
import { settingsPath } from './front/recent.ts'
import { compileCache, nodeBinary, packageRoot } from './node-binary.ts'
import { connectRaw } from './socket.ts'
import { readHolder } from './workspace/lock.ts'
import { workspacePaths } from './workspace/paths.ts'

/** A way to the holder of one workspace that comes back by itself: where nobody holds it, a host process is started. */
export interface HostLink {
  ask: (method: string, input: unknown) => Promise<Reply>
  onEvent: (listener: (event: EventName, payload: unknown) => void) => () => void
  /** Tells each change of the state. */
  onState: (listener: (state: Connection) => void) => () => void
  state: () => Connection
  close: () => void
}

export interface HostLinkOptions {
  /** Makes the workspace where there is none. */
  create?: boolean
  /** Replaces the host's script and its environment, in tests. */
  host?: { entry?: string, env?: NodeJS.ProcessEnv }
}

/** How long a host may take from its start to its first answer: a migration with a backup before it takes seconds. */
const startLimitMs = 30_000
const logLimitBytes = 1 << 20
const answerLimitMs = 5_000
const retryMs = [100, 200, 400, 800, 1500, 3000]

const Outcome = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), problem: Problem }),
])

/**
 * Opens the workspace in `folder`.
 *
 * @throws FacetError where it cannot be opened or made; later losses are states, not errors
 */
export async function openHostLink(folder: string, { create = false, host = {} }: HostLinkOptions = {}): Promise<HostLink> {
  const eventListeners = new Set<(event: EventName, payload: unknown) => void>()
  const stateListeners = new Set<(state: Connection) => void>()
  let isClosed = false
  let state: Connection = 'open'
  let lastError: unknown
  let socket = attach(await reach(folder, { create, host }))

  function setState(next: Connection): void {
    state = next
    for (const listener of stateListeners)
      listener(next)
  }
  function attach(raw: RawSocket): RawSocket {
    raw.onEvent((event, payload) => {
      for (const listener of eventListeners)
        listener(event, payload)
    })
    raw.onGone((message) => {
      if (isClosed)
        return
      lastError = new FacetError('interrupted', message)
      setState('lost')
      void comeBack()
    })
    return raw
  }
  async function comeBack(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const raw = await reach(folder, { host })
        if (isClosed)
          return raw.close()
        socket = attach(raw)
        return setState('open')
      }
      catch (error) {
        lastError = error
        await sleep(retryMs[Math.min(attempt, retryMs.length - 1)])
        if (isClosed)
          return
      }
    }
  }
  async function ask(method: string, input: unknown): Promise<Reply> {
    try {
      if (state !== 'open')
        throw lastError
      return await socket.ask(method, input)
    }
    catch (error) {
      const { code, message, where } = toProblem(error)
      return { ok: false, problem: { code, message, where, hint: 'The app connects again by itself; runs go on meanwhile.' } }
    }
  }
  return {
    ask,
    state: () => state,
    onEvent: listener => subscribe(eventListeners, listener),
    onState: listener => subscribe(stateListeners, listener),
    close: () => {
      isClosed = true
      socket.close()
    },
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The holder's socket; starts a holder where there is none. */
async function reach(folder: string, { create = false, host = {} }: HostLinkOptions): Promise<RawSocket> {
  const { lock } = workspacePaths(folder)
  if (!readHolder(lock))
    await startHost(folder, create, host)
  const holder = readHolder(lock)
  if (!holder)
    throw new FacetError('interrupted', 'The host of the workspace ended as soon as it had started.', { where: folder })
  return connectRaw(holder.socket, answerLimitMs)
}

async function startHost(folder: string, create: boolean, { entry = join(packageRoot, 'src/main/host-process.ts'), env = process.env }: { entry?: string, env?: NodeJS.ProcessEnv }): Promise<void> {
  const log = openLog(env)
  const child = spawn(nodeBinary(), [entry, folder, ...create ? ['--create'] : []], {
    detached: true, // a signal to the terminal or the end of the app must not reach it
    stdio: ['ignore', log, log, 'pipe'],
    env: { TF_CPP_MIN_LOG_LEVEL: '2', NODE_COMPILE_CACHE: compileCache(), ...env, ELECTRON_RUN_AS_NODE: undefined },
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.once('error', error => resolve(`The host could not be started: ${error.message}.`))
    child.once('exit', (code, signal) => resolve(`The host ended at its start (${signal ?? `code ${code}`}).`))
  })
  const report = child.stdio[3]!
  const line = new Promise<string>((resolve) => {
    createInterface({ input: report as NodeJS.ReadableStream }).once('line', resolve)
  })
  const late = sleep(startLimitMs, `The host did not answer within ${startLimitMs / 1000} s.`, { ref: false })
  try {
    const first = await Promise.race([line, ended.then(wordEnd), late.then(wordEnd)])
    const outcome = Outcome.parse(JSON.parse(first))
    if (!outcome.ok) {
      const { code, message, where, hint } = outcome.problem
      throw new FacetError(code, message, { where, hint })
    }
  }
  finally {
    report.destroy()
    child.unref()
  }
}

/** What hosts say: nobody reads it until one has failed. Kept short, in the person's settings folder. */
function hostLogPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(dirname(settingsPath(env)), 'host.log')
}

function openLog(env: NodeJS.ProcessEnv): number {
  const path = hostLogPath(env)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const isLong = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes
  return openSync(path, isLong ? 'w' : 'a', 0o600)
}

function wordEnd(message: string): string {
  return JSON.stringify({ ok: false, problem: { code: 'internal', message, hint: `What it said last is in ${hostLogPath()}` } })
}
