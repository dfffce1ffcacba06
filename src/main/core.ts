import type { Client, Handlers } from '#shared/contract.ts'
import type { AddingView } from '#shared/dataset-views.ts'
import type { GpuDevice } from '#shared/provenance.ts'
import type { Dispatching, Listeners } from './dispatch.ts'
import type { Inspector } from './runner/inspector.ts'
import type { Runner } from './runner/runner.ts'
import type { Workspace } from './workspace/workspace.ts'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { FacetError } from '#shared/errors.ts'
import { createListeners, directClient } from './dispatch.ts'
import { usableGpus } from './doctor/gpus.ts'
import { parts } from './handlers/index.ts'
import { createLastingClient } from './lasting-client.ts'
import { nodeBinary, packageRoot } from './node-binary.ts'
import { createInspector } from './runner/inspector.ts'
import { createRunner } from './runner/runner.ts'
import { connectSocket, listen } from './socket.ts'
import { viewProgress, viewRun } from './views.ts'
import { freeBytesAt } from './workspace/free-space.ts'
import { held, readHolder } from './workspace/lock.ts'
import { workspacePaths } from './workspace/paths.ts'
import { createWorkspace, openReadOnly, openWorkspace } from './workspace/workspace.ts'

/** What handlers work with. In a workspace that may only be read, `runner` refuses everything. */
export interface Core {
  workspace: Workspace
  runner: Runner
  inspector: Inspector
  emit: Listeners['emit']
  cores: number
  /** Bytes that are free on the workspace's disk. */
  freeBytes: () => number
  /** Folders that are being read: their packs are on the disk before the database knows them. */
  reading: Set<Reading>
}

/** A folder on its way to become a data set, and how to stop it. */
export interface Reading { view: AddingView, stop: AbortController }

/** A part of the contract's handlers; each file under handlers/ makes one, handlers/index.ts lists them. */
export type HandlerPart = (core: Core) => Partial<Handlers>

/** host: this process holds the workspace; guest: another one does and answers; reader: it does not answer, so nothing can be changed. */
export type Role = 'host' | 'guest' | 'reader'

export interface Connection {
  role: Role
  client: Client
  /** The host's own core, for carriers that it adds (null for the others). */
  dispatching: Dispatching | null
  listeners: Listeners | null
  /** How many others are attached to this host (0 for the others). */
  clients: () => number
  close: () => Promise<void>
}

export interface ConnectOptions {
  /** What the process is, for whoever finds the workspace held, e.g. "facet run study.yaml". */
  title: string
  /** Makes the workspace where there is none. */
  create?: boolean
  /** Told where the holder does not answer, so that the workspace can only be read. */
  onReadOnly?: (sentence: string) => void
  /** Replaces the worker's entry script and Node, and the count of processes that the system ended for memory, e.g. in tests. */
  worker?: { node?: string, entry?: string, inspectEntry?: string, countMemoryKills?: () => number | null }
  cores?: number
  /** Replaces a look at the workspace's disk, e.g. in tests. */
  freeBytes?: () => number
  /** Replaces the GPUs that are found. */
  gpus?: readonly GpuDevice[]
}

/** How long a holder may take to answer before it counts as hung. */
const answerLimitMs = 4_000

/**
 * The way into a workspace for terminal, server and window alike: holds it, or attaches to who holds it, or reads. A guest
 * whose host ends takes its place, or attaches to who did.
 *
 * @throws FacetError 'not-found' where there is no workspace, 'bad-input' where one cannot be made
 */
export async function connect(folder: string, options: ConnectOptions): Promise<Connection> {
  const connection = await connectOnce(folder, options)
  if (connection.role !== 'guest')
    return connection
  const client = createLastingClient(connection.client, async () => (await connectOnce(folder, options)).client)
  return { ...connection, client, close: () => client.close() }
}

async function connectOnce(folder: string, options: ConnectOptions): Promise<Connection> {
  const paths = workspacePaths(folder)
  let lastError: unknown
  const giveUpAt = performance.now() + answerLimitMs
  while (performance.now() < giveUpAt) {
    const holder = readHolder(paths.lock)
    if (!holder) {
      try {
        return await host(folder, options)
      }
      catch (error) {
        // Another process was faster between the look and the grasp: attach to it.
        if (!(error instanceof FacetError && error.code === 'conflict' && readHolder(paths.lock)))
          throw error
      }
    }
    try {
      const client = await connectSocket((holder ?? readHolder(paths.lock))?.socket ?? paths.socket, answerLimitMs)
      return {
        role: 'guest',
        client,
        dispatching: null,
        listeners: null,
        clients: () => 0,
        close: () => client.close(),
      }
    }
    catch (error) {
      lastError = error
      await sleep(200) // it may be about to listen, or about to end
    }
  }
  const holder = readHolder(paths.lock)
  if (!holder)
    throw lastError
  return read(folder, openReadOnly(folder, holder), options)
}

async function host(folder: string, options: ConnectOptions): Promise<Connection> {
  // Asked before the lock is taken: where the driver's tool or set-up fails, nobody holds the workspace.
  const gpus = options.gpus ?? await usableGpus(process.env.CUDA_VISIBLE_DEVICES)
  const workspace = options.create
    ? createWorkspace(folder, options.title)
    : openWorkspace(folder, options.title)
  const listeners = createListeners()
  const cores = options.cores ?? availableParallelism()
  const runner = createRunner({
    workspace,
    cores,
    gpus,
    worker: { node: options.worker?.node ?? nodeBinary(), entry: options.worker?.entry ?? join(packageRoot, 'src/worker/index.ts'), countMemoryKills: options.worker?.countMemoryKills },
    events: {
      changed: row => listeners.emit('run.changed', viewRun(row)),
      metrics: (key, rows) => listeners.emit('run.metrics', { key, rows }),
      progress: row => listeners.emit('run.progress', {
        key: row.key,
        progress: viewProgress(row),
        memoryBytes: row.memory_bytes,
      }),
    },
  })
  const inspector = makeInspector(options)
  const dispatching: Dispatching = {
    handlers: assemble({
      workspace,
      runner,
      inspector,
      emit: listeners.emit,
      cores,
      freeBytes: options.freeBytes ?? (() => freeBytesAt(workspace.paths.root)),
      reading: new Set(),
    }),
    refuseWrites: null,
  }
  try {
    await runner.start()
    const socket = await listen(workspace.holder!.socket, dispatching, listeners)
    const close = async (): Promise<void> => {
      await socket.close()
      inspector.close()
      await runner.close()
      await workspace.close()
    }
    return {
      role: 'host',
      client: directClient(dispatching, listeners.on, close),
      dispatching,
      listeners,
      clients: socket.clients,
      close,
    }
  }
  catch (error) {
    inspector.close()
    await runner.close()
    await workspace.close()
    throw error
  }
}

function read(folder: string, workspace: Workspace, options: ConnectOptions): Connection {
  const listeners = createListeners()
  const refusal = held(workspacePaths(folder).lock, workspace.holder!)
  options.onReadOnly?.(`${refusal.message} It does not answer: what is on the disk is shown, and nothing can be changed.`)
  const refuse = (): never => { throw refusal }
  const runner: Runner = {
    start: refuse,
    enqueue: refuse,
    advance: refuse,
    pause: refuse,
    pauseAll: refuse,
    stop: refuse,
    resume: refuse,
    repeat: refuse,
    forget: refuse,
    hold: refuse,
    idle: refuse,
    close: async () => {},
  }
  const inspector = makeInspector(options)
  const dispatching: Dispatching = {
    handlers: assemble({
      workspace,
      runner,
      inspector,
      emit: listeners.emit,
      cores: options.cores ?? availableParallelism(),
      freeBytes: options.freeBytes ?? (() => freeBytesAt(workspace.paths.root)),
      reading: new Set(),
    }),
    refuseWrites: refusal,
  }
  const close = async (): Promise<void> => {
    inspector.close()
    await workspace.close()
  }
  return {
    role: 'reader',
    client: directClient(dispatching, listeners.on, close),
    dispatching,
    listeners,
    clients: () => 0,
    close,
  }
}

function makeInspector({ worker }: ConnectOptions): Inspector {
  return createInspector({ node: worker?.node ?? nodeBinary(), entry: worker?.inspectEntry ?? join(packageRoot, 'src/worker/inspect.ts') })
}

function assemble(core: Core): Partial<Handlers> {
  return Object.assign({}, ...parts.map(part => part(core))) as Partial<Handlers>
}
