import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { RunnerOptions } from '#main/runner/runner.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createRunner } from '#main/runner/runner.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { putStudy } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { combine } from '#shared/stages/combine.ts'

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  return {
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A planned run of the counting stage (stages-worker.ts). */
export function plan(root: string, name: string, { steps = 10, stepMs = 1, behaviour = 1, needs = [] as string[], usesAllCores = false } = {}): PlannedRun {
  const key = createHash('sha256').update(name).digest('hex')
  const config = combine.config.parse({
    epochs: steps,
    batch: Math.max(2, stepMs),
    layers: behaviour,
  })
  return {
    key,
    stage: 'combine',
    version: combine.version,
    config,
    inputs: { name },
    seed: 0,
    usesSeed: false,
    usesAllCores,
    needs,
    label: name,
    order: {
      key,
      stage: 'combine',
      version: combine.version,
      config,
      seed: 0,
      artefact: workspacePaths(root).modelPath(key),
      sources: [],
      teachers: [],
      combiner: null,
      student: null,
    },
  }
}

export async function openHost(root: string, options: Partial<RunnerOptions> = {}) {
  const workspace: Workspace = createWorkspace(root, 'test')
  await putStudy(workspace.db, { name: 'study', recipe: '', detail: {} }, 0)
  const runner = createRunner({
    workspace,
    worker: {
      node: process.execPath,
      entry: join(import.meta.dirname, 'stages-worker.ts'),
    },
    cores: 2,
    events: {
      changed: () => {},
      metrics: () => {},
      progress: () => {},
    },
    pollMs: 50,
    ...options,
  })
  await runner.start()
  let closing: Promise<void> | undefined
  async function closeAll(): Promise<void> {
    await runner.close()
    await workspace.close()
  }
  return {
    workspace,
    runner,
    /** May be called again, e.g. after a test that failed before its own call. */
    close: () => closing ??= closeAll(),
  }
}

/** The counting stage's result after some steps, computed here once more. */
export function sumAfter(steps: number) {
  let sum = 0
  for (let step = 1; step <= steps; step++)
    sum = (sum * 31 + step) % 65_521
  return sum
}

export async function until(condition: () => unknown, what: string, limitMs = 20_000) {
  const end = Date.now() + limitMs
  while (!await condition()) {
    if (Date.now() > end)
      throw new Error(`timed out waiting until ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The whole lines of a run's event file; the last one may be half written. */
export function readEventFile(root: string, key: string) {
  return readFileSync(join(workspacePaths(root).runDir(key), 'events.ndjson'), 'utf8').split('\n').slice(0, -1).map(line => JSON.parse(line) as Record<string, unknown>)
}
