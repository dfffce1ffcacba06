import type { Problem } from '#shared/errors.ts'
import type { Order } from '#shared/order.ts'
import type { SharedState } from './event-file.ts'
import type { StageRun } from './stage.ts'
import type { StageLoaders } from './stages/index.ts'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { FacetError, toProblem, wordProblem } from '#shared/errors.ts'
import { seal } from '#shared/files/durable.ts'
import { describeSealed } from '#shared/files/sealed.ts'
import { mainMemoryBytes } from '#shared/main-memory.ts'
import { Order as OrderSchema } from '#shared/order.ts'
import { batchOf, wordOutOfMemory } from '#shared/out-of-memory.ts'
import { stages } from '#shared/stages/index.ts'
import { createCheckpointStore, hasCheckpoint, removeCheckpoints, removeHalfWritten } from './checkpoint.ts'
import { claimRun } from './claim.ts'
import { outOfMemoryOf } from './engine/out-of-memory.ts'
import { readEnvironment } from './environment.ts'
import { EventFile } from './event-file.ts'
import { startHeartbeat } from './heartbeat.ts'
import { prepareEventFile } from './prepare-events.ts'
import { createControl, createReport, log } from './report.ts'
import { Leaving } from './stage.ts'

/** What a worker process brings along; the tests' worker brings stages of its own. */
export interface WorkerParts {
  loaders: StageLoaders
  /** Loads the engine and names its version and device. */
  loadEngine: () => Promise<string>
}

/**
 * Does the one run that runs/<key>/order.json describes, as one attempt, and reports everything in its event file.
 *
 * @returns the exit code: 0 done, paused or stopped; 1 failed
 */
export async function runWorker(runDir: string, parts: WorkerParts): Promise<number> {
  const order = OrderSchema.parse(JSON.parse(readFileSync(join(runDir, 'order.json'), 'utf8')))
  claimRun(runDir)
  removeHalfWritten(runDir)
  const path = join(runDir, 'events.ndjson')
  const { nextSeq, attempt } = prepareEventFile(path, order.firstSeq)
  const shared: SharedState = new Int32Array(new SharedArrayBuffer(16))
  shared[1] = nextSeq
  const file = new EventFile(path, { attempt, shared })
  const heartbeat = startHeartbeat(path, { attempt, shared })
  const control = createControl(runDir, shared)
  const startMs = performance.now()
  const durationMs = (): number => Math.round(performance.now() - startMs)
  try {
    await doRun(order, parts, { file, shared, isLeaving: control.isLeaving })
    return 0
  }
  catch (error) {
    if (error instanceof Leaving) {
      file.append({
        type: control.request() === 'pause'
          ? 'paused'
          : 'stopped',
        durationMs: durationMs(),
      })
      return 0
    }
    console.error(error)
    tellFailure(file, problemOf(error, order), durationMs())
    return 1
  }
  finally {
    heartbeat.stop()
    file.sync()
    file.close()
  }
}

/** What is told of a failure; where memory ran out, with the batch that would fit. */
function problemOf(error: unknown, { stage, key, config, device }: Order): Problem {
  const unplaced = outOfMemoryOf(error)
  if (!unplaced)
    return toProblem(error)
  const { tensor, fixedBytes } = unplaced
  const gpu = device && tensor.place.startsWith('GPU') ? device : null
  return {
    code: 'engine',
    ...wordOutOfMemory({ stage, key, ...batchOf(stage, config), limitBytes: gpu?.memoryBytes ?? mainMemoryBytes(), gpu: gpu?.name ?? null, tensor, fixedBytes }),
  }
}

/** On a full disk not even that can be written; then the exit code and the log have to tell. */
function tellFailure(file: EventFile, problem: Problem, durationMs: number): void {
  try {
    log(file, 'error', wordProblem(problem))
    file.append({ type: 'failed', problem, durationMs })
  }
  catch (error) {
    console.error(error)
  }
}

interface Reporting { file: EventFile, shared: SharedState, isLeaving: () => boolean }

async function doRun(order: Order, { loaders, loadEngine }: WorkerParts, { file, shared, isLeaving }: Reporting): Promise<void> {
  const startMs = performance.now()
  const engine = await loadEngine()
  const checkpoint = createCheckpointStore(order.runDir, text => log(file, 'warning', text))
  const resumed = await checkpoint.load()
  file.append({
    type: 'started',
    pid: process.pid,
    engine,
    threads: order.threads,
    environment: readEnvironment(order, engine),
    resumedFrom: resumed?.step ?? null,
  })
  const artefact = `${order.artefact}.partial`
  mkdirSync(dirname(artefact), { recursive: true })
  if (!hasCheckpoint(order.runDir))
    rmSync(artefact, { recursive: true, force: true })
  const { config, run } = await loadStage(order, loaders)
  const result = await run({
    order,
    config,
    seed: order.seed,
    artefact,
    report: createReport(file, shared),
    isLeaving,
    checkpoint,
  })
  const files = await describeSealed(artefact)
  const bytes = seal(artefact, order.artefact)
  file.append({ type: 'heartbeat', memoryBytes: process.resourceUsage().maxRSS * 1024 })
  file.append({
    type: 'done',
    result,
    durationMs: Math.round(performance.now() - startMs),
    bytes,
    files,
  })
  removeCheckpoints(order.runDir)
}

/** The stage's run function with its configuration checked by the stage's own declaration. */
async function loadStage({ stage, version, config }: Order, loaders: StageLoaders): Promise<{ config: never, run: StageRun<never> }> {
  const declaration = stages[stage]
  if (declaration.version !== version)
    throw new FacetError('conflict', `The order is for version ${version} of the stage ${stage}; this is version ${declaration.version}.`, { hint: 'Run the study again: it makes new orders.' })
  const parsed = declaration.config.safeParse(config)
  if (!parsed.success)
    throw new FacetError('internal', `internal: the order's configuration of ${stage} does not fit: ${parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
  const { run } = await loaders[stage]()
  // Declaration and run function carry the same name; the types cannot follow that through a name known only now.
  return { config: parsed.data as never, run }
}
