import type { z } from 'zod'
import type { RunRow } from '#main/workspace/runs.ts'
import type { Order } from '#shared/order.ts'
import type { RunRequest } from '#shared/run-control.ts'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { compileCache } from '#main/node-binary.ts'
import { engineThreads } from '#shared/engine-environment.ts'
import { withoutEngineGreeting } from '#shared/engine-greeting.ts'
import { writeDurably } from '#shared/files/durable.ts'
import { Order as OrderSchema } from '#shared/order.ts'
import { isAlive, ProcessIdentity, processStart } from '#shared/process-identity.ts'
import { RunControl } from '#shared/run-control.ts'
import { countMemoryKills } from './memory-kills.ts'

/** How a worker ended, as far as the host could see. `hadMemoryKill`: the system ended a process for lack of memory meanwhile. */
export interface WorkerExit { code: number | null, signal: NodeJS.Signals | null, hadMemoryKill?: boolean }

/** A worker at work: this host's child, or one that an earlier host started. */
export interface WorkerProcess extends ProcessIdentity {
  threads: number
  /** This host's own child: its end is told with the reason. An adopted one is looked for. */
  isChild: boolean
  /** Null while it lives, and always for adopted ones. */
  exit: WorkerExit | null
}

/** Stands for a worker that nobody can find any more. */
export const goneWorker: WorkerProcess = { pid: -1, started: 'gone', threads: 0, isChild: false, exit: null }

/** What is needed to start workers. */
export interface WorkerSetup {
  /** The pinned Node. */
  node: string
  /** The worker's entry script. */
  entry: string
  /** Replaces the system's own count of processes that it ended for lack of memory. */
  countMemoryKills?: () => number | null
}

/** Where a worker's own output goes. */
export function logPath(runDir: string): string {
  return join(runDir, 'log.txt')
}

/**
 * Starts a worker for a run whose order is written first. It is detached with a process group of its own: neither closing
 * the host nor Ctrl-C in its terminal ends it. TensorFlow reads thread counts and devices once, when it is loaded, hence the
 * environment. `visibleGpus` is what it sees of the GPUs, '' for none, null for what the engine finds: several runs on one GPU would
 * fight for its memory.
 */
export function startWorker({ node, entry, countMemoryKills: count = countMemoryKills }: WorkerSetup, runDir: string, order: Order, { visibleGpus, onExit }: { visibleGpus: string | null, onExit: (exit: WorkerExit) => void }): WorkerProcess {
  mkdirSync(runDir, { recursive: true })
  writeDurably(join(runDir, 'order.json'), JSON.stringify(OrderSchema.parse(order), null, 1))
  for (const name of readdirSync(runDir).filter(name => name.startsWith('control.json'))) // with half of one that a killed host left
    rmSync(join(runDir, name), { force: true })
  const log = openSync(logPath(runDir), 'a')
  const killsBefore = count()
  try {
    const child = spawn(node, [entry, runDir], {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: compileCache(),
        ...engineThreads(order.threads),
        MALLOC_ARENA_MAX: '2', // sharp's threads otherwise keep a heap each: 64 large photographs took 1.3 GB and growing, so 0.8 GB and flat
        TF_CPP_MIN_LOG_LEVEL: '2',
        TF_FORCE_GPU_ALLOW_GROWTH: 'true',
        ...(visibleGpus === null
          ? {}
          : { CUDA_VISIBLE_DEVICES: visibleGpus }),
        ...(order.isDeterministic
          ? { TF_DETERMINISTIC_OPS: '1' }
          : {}),
      },
    })
    child.unref()
    const worker: WorkerProcess = {
      pid: child.pid ?? -1,
      started: child.pid === undefined
        ? 'never'
        : processStart(child.pid) ?? 'gone',
      threads: order.threads,
      isChild: true,
      exit: null,
    }
    const ended = (exit: WorkerExit): void => {
      worker.exit ??= exit
      onExit(worker.exit)
    }
    child.once('error', () => ended({ code: null, signal: null }))
    child.once('exit', (code, signal) => ended({ code, signal, hadMemoryKill: signal === 'SIGKILL' && (count() ?? 0) > (killsBefore ?? 0) }))
    return worker
  }
  finally {
    closeSync(log)
  }
}

/** The worker that is at work on a run whoever started it, or null. */
export function findWorker(runDir: string, row: RunRow): WorkerProcess | null {
  // The row knows a worker that has not come far enough to say so itself; the file one that the host was too late to record.
  const known = [
    readSmall(join(runDir, 'worker.json'), ProcessIdentity),
    row.pid !== null && row.pid_started !== null
      ? { pid: row.pid, started: row.pid_started }
      : null,
  ]
  const alive = known.find(identity => identity !== null && isAlive(identity.pid, identity.started))
  return alive
    ? {
        ...alive,
        threads: row.threads ?? 1,
        isChild: false,
        exit: null,
      }
    : null
}

/** Asks a worker to leave at its next step; pausing and stopping differ in what it says when it does. */
export function askWorker(runDir: string, request: RunRequest): void {
  writeDurably(join(runDir, 'control.json'), JSON.stringify({ request }))
}

/** What a worker was asked for last, by this host or an earlier one; null where nobody asked. */
export function readRequest(runDir: string): RunRequest | null {
  return readSmall(join(runDir, 'control.json'), RunControl)?.request ?? null
}

/** Whether a worker's process is still there. */
export function isAtWork(worker: WorkerProcess): boolean {
  return worker.isChild
    ? worker.exit === null
    : isAlive(worker.pid, worker.started)
}

/** The last lines of a log, at most `bytes` long, without TensorFlow's greeting. */
export function logTail(path: string, bytes = 600): string {
  return existsSync(path)
    ? Buffer.from(withoutEngineGreeting(readFileSync(path, 'utf8'))).subarray(-bytes).toString('utf8').trim()
    : ''
}

function readSmall<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | null {
  if (!existsSync(path))
    return null
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  }
  catch {
    return null // half of a disk that was full; the row may know
  }
}
