import type { Core } from '#main/core.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { Task } from '#shared/dataset.ts'
import type { Evaluation, RunResult, RunState } from '#shared/order.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compareHandlers } from '#main/handlers/compare.ts'
import { tableHandlers } from '#main/handlers/tables.ts'
import { addPoints } from '#main/workspace/curves.ts'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { Recipe } from '#shared/recipe.ts'

let folder: string
let workspace: Workspace
let core: Core

const fingerprint = 'f'.repeat(64)
const key = (digit: number): string => String(digit).repeat(64)
const age: Task = {
  kind: 'regression',
  label: 'age',
  unit: 'years',
  range: [0, 116],
  protocol: 'split',
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-tables-'))
  workspace = createWorkspace(join(folder, 'my workspace'), 'test')
  core = { workspace } as Core
  writeDataset(workspace.paths.datasetPath(fingerprint), {
    meta: {
      format: 'utkface',
      root: '/photos',
      fingerprint,
      tasks: { age },
      aligned: false,
      licence: 'research only',
      notes: [],
    },
    samples: [],
    rejected: [],
    pairs: [],
  })
})
afterEach(async () => {
  await workspace.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A transfer or prepare run in some state, as the runner would have recorded it. */
async function addRun(digit: number, state: RunState, { stage = 'transfer', result = null, evaluations = [] }: { stage?: 'transfer' | 'prepare' | 'combine', result?: RunResult | null, evaluations?: Evaluation[] } = {}): Promise<void> {
  const artefact = workspace.paths.artefactPath(stage, key(digit))
  await workspace.db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, {
      key: key(digit),
      stage,
      version: 1,
      config: { task: 'age' },
      inputs: {},
      seed: 0,
      usesSeed: true,
      usesAllCores: false,
      needs: [],
      label: `run ${digit}`,
      order: {
        key: key(digit),
        stage,
        version: 1,
        config: { task: 'age' },
        seed: 0,
        artefact,
        sources: [
          {
            name: 'utk',
            root: '/photos',
            dataset: workspace.paths.datasetPath(fingerprint),
            faces: null,
            embeddings: null,
            unlabelled: false,
          },
        ],
        teachers: [],
        combiner: null,
        student: null,
      },
    }, { position: digit, now: 0 })
    if (state === 'queued')
      return
    await moveRun(trx, key(digit), 'running', { now: 1 })
    await moveRun(trx, key(digit), state, {
      now: 2,
      reason: state === 'failed'
        ? { code: 'engine', message: 'The graph has no node "x".' }
        : null,
      set: { result: result && JSON.stringify(result) },
    })
    for (const { scope, metric, value, count, standardError, interval: [low, high] } of evaluations) {
      await trx.insertInto('evaluations').values({
        run: key(digit),
        scope,
        metric,
        value,
        count,
        standard_error: standardError,
        low,
        high,
      }).execute()
    }
  })
}

function mae(value: number): Evaluation {
  return {
    scope: 'test',
    metric: 'mae',
    value,
    count: 3,
    standardError: 0.5,
    interval: [value - 1, value + 1],
  }
}

async function addStudy({ reconstructions = [] }: Partial<Pick<StudyDetail, 'reconstructions'>> = {}): Promise<void> {
  const cell = (method: string, seed: number, digit: number | null, reason: string | null = null) => ({
    knowledge: 'AgeR-UTK',
    data: 'utk',
    task: 'age',
    method,
    seed,
    key: digit === null
      ? null
      : key(digit),
    reason,
    marks: [],
  })
  await putStudy(workspace.db, {
    name: 'sample',
    recipe: 'study: sample',
    detail: {
      recipe: Recipe.parse({
        study: 'sample',
        data: {
          utk: { format: 'utkface' },
        },
        unlabelled: ['utk'],
        teachers: ['dlib'],
        knowledge: [
          { name: 'AgeR-UTK', data: 'utk', task: 'age' },
        ],
        methods: ['pca', 'ae', 'scratch'],
        tables: ['faces', 'target'],
      }),
      command: {
        path: '/my recipes/sample.yaml',
        set: ['data=/photos'],
        seeds: [0, 1],
      },
      target: null,
      cells: [
        cell('pca', 0, 1),
        cell('pca', 1, 2),
        cell('ae', 0, 3),
        cell('ae', 1, 4),
        cell('scratch', 0, null, 'It needs another data set first.'),
      ],
      faces: [
        {
          data: 'utk',
          key: key(5),
        },
      ],
      reconstructions,
      datasets: [
        {
          name: 'utk',
          format: 'utkface',
          fingerprint,
          aligned: false,
        },
      ],
      teachers: [
        {
          name: 'dlib',
          sha256: '0'.repeat(64),
          dimension: 128,
          contaminates: [],
        },
      ],
      estimates: {},
    },
  }, 0)
  await addRun(1, 'done', {
    evaluations: [
      mae(7),
    ],
  })
  await addRun(2, 'done', {
    evaluations: [
      mae(8),
    ],
  })
  await addRun(3, 'failed')
  await addRun(4, 'queued')
  await addRun(5, 'done', {
    stage: 'prepare',
    result: {
      summary: { photographs: 12, found: 11, notFound: 1 },
      evaluations: [],
    },
  })
  await workspace.db.transaction().execute(trx => setStudyRuns(trx, 'sample', [1, 2, 3, 4, 5].map(key)))
}

it('a table is made of what the workspace holds, and says why a cell is empty and which command fills it', async () => {
  await addStudy()
  const { table, text } = await tableHandlers(core)['tables.get']({ name: 'target', study: 'sample', format: 'md' })
  const [row] = table.rows
  expect(row).toMatchObject({
    knowledge: 'AgeR-UTK',
    metric: 'mae',
    unit: 'years',
    better: 'lower',
  })
  expect(row!.cells.pca).toMatchObject({
    mean: 7.5,
    n: 2,
    values: [7, 8],
    keys: [
      key(1),
      key(2),
    ],
    reference: 4.68,
    missing: null,
  })
  expect(row!.cells.pca!.std).toBeCloseTo(Math.SQRT1_2, 12)
  expect(row!.cells.ae!.missing).toEqual({
    reason: 'its run failed: The graph has no node "x".',
    command: `npm run facet -- run '/my recipes/sample.yaml' --set data=/photos --seeds 0,1 --workspace '${workspace.paths.root}'`,
  })
  expect(row!.cells.scratch!.missing).toEqual({ reason: 'It needs another data set first', command: null })
  expect(text).toContain('7.50 ± 0.71')
})

it('faces are counted from the prepare run', async () => {
  await addStudy()
  const { table } = await tableHandlers(core)['tables.get']({ name: 'faces', study: 'sample', format: 'json' })
  expect(table.rows[0]!.cells.found).toMatchObject({
    mean: 11,
    keys: [
      key(5),
    ],
  })
  expect(table.rows[0]!.cells['not-found']!.mean).toBe(1)
})

it('the reconstruction table says why a figure is missing, and names a command only where one fills it', async () => {
  const rows = ([['pca', 0, 6], ['ae', 0, 7], ['ae', 1, 8], ['student', 0, 9]] as const).map(([method, seed, digit]) => ({ method, seed, key: key(digit) }))
  await addStudy({ reconstructions: rows })
  await addRun(6, 'done', { stage: 'combine', result: { summary: {}, evaluations: [] } })
  await addRun(7, 'done', {
    stage: 'combine',
    result: {
      summary: {},
      evaluations: [],
      reconstruction: { dlib: 0.6 },
    },
  })
  await addRun(8, 'failed', { stage: 'combine' })
  await workspace.db.transaction().execute(trx => setStudyRuns(trx, 'sample', [1, 2, 3, 4, 5, 6, 7, 8].map(key)))
  const { table } = await tableHandlers(core)['tables.get']({ name: 'reconstruction', study: 'sample', format: 'json' })
  const { pca, ae, student } = table.rows[0]!.cells
  expect(pca!.missing).toEqual({ reason: expect.stringContaining('keeps a face from learning'), command: null })
  expect(ae).toMatchObject({ mean: 0.6, missing: { reason: '1 of 2 seeds are done (its run failed: The graph has no node "x".)' } })
  expect(student!.missing).toEqual({ reason: 'not computed yet', command: expect.stringContaining('npm run facet -- run') })
})

it('the report is written into the workspace, with tables, runs and recipe', async () => {
  await addStudy()
  const { path } = await tableHandlers(core)['tables.report']({ study: 'sample' })
  expect(path.startsWith(workspace.paths.root)).toBe(true)
  const html = readFileSync(path, 'utf8')
  for (const part of [
    '<section id="faces">',
    '<section id="target">',
    'study: sample',
    key(1),
    'research only',
  ])
    expect(html).toContain(part)
})

it('runs are compared on the samples of their predictions, undetected ones included', async () => {
  await addStudy()
  const write = (digit: number, predictions: number[]): void => {
    const artefact = workspace.paths.modelPath(key(digit))
    mkdirSync(artefact, { recursive: true })
    const rows = predictions.map((prediction, i) => `${i}.jpg,${i < 3
      ? 'test'
      : 'validation'},20,${prediction},true,false,`)
    writeFileSync(join(artefact, 'predictions.csv'), ['path,split,label,prediction,found,unseen,subject', ...rows, ''].join('\n'))
  }
  write(1, [22, 24, 18, 90]) // errors 2, 4, 2; the last one is no test sample
  write(2, [20, 21, 20, 20]) // errors 0, 1, 0
  const { tests, figures } = await compareHandlers(core)['runs.compare']({
    keys: [
      key(1).slice(0, 8),
      key(2),
    ],
  })
  // mean error 1/3 against 8/3
  expect(tests).toMatchObject([
    { letter: 'B', shared: 3 },
  ])
  expect(tests[0]!.difference).toBeCloseTo(-7 / 3, 12)
  expect(figures[0]).toMatchObject({
    name: 'mae (test)',
    better: 'lower',
    values: [7, 8],
  })
})

it('every table is listed with what it misses, and a selection of it is built and written', async () => {
  await addStudy()
  const handlers = tableHandlers(core)
  expect(await handlers['tables.list']({ study: 'sample' })).toMatchObject([
    { name: 'knowledge', cells: 5, missing: 0 },
    { name: 'faces', cells: 2, missing: 0 },
    { name: 'target', cells: 3, missing: 2 },
    { name: 'source', cells: 0 }, // no teacher is said to be trained for a knowledge
    { name: 'reconstruction', cells: 0 },
    { name: 'combiners', cells: 1, missing: 1 }, // the recipe's one combiner is ae
    { name: 'size', cells: 0 },
    { name: 'labels', cells: 0 },
    { name: 'time', cells: 15, missing: 15 }, // five rows of three methods; no run of theirs was timed
    { name: 'cost', cells: 36, missing: 29 }, // six rows of one teacher, all of them, G, both, student, times less; seven of these are words
    { name: 'teachers', cells: 0 }, // no teacher stands alone in the recipe
    { name: 'subgroups', cells: 0 }, // read when it is looked at
    { name: 'claims', cells: 0 }, // read when it is looked at
  ])
  const { table, all, canTest, missingRuns } = await handlers['tables.build']({ study: 'sample', name: 'target', columns: ['ae', 'pca'], seeds: [0], paper: false, std: true })
  expect(table.columns).toEqual(['ae', 'pca'])
  expect(table.rows[0]!.cells.pca).toMatchObject({ mean: 7, n: 1, reference: null })
  expect(all).toEqual({ rows: ['AgeR-UTK'], columns: ['pca', 'ae', 'scratch'], seeds: [0, 1] })
  expect(canTest).toBe(true)
  expect(missingRuns).toBe(1) // ae with seed 0; its other seed was not chosen
  const { text, fileName } = await handlers['tables.export']({ study: 'sample', name: 'target', format: 'latex', paper: true, std: true })
  expect(fileName).toBe('sample-target.tex')
  const printed = (await handlers['tables.get']({ study: 'sample', name: 'target', format: 'latex' })).text
  expect(text.replace(/\d{4}-\d\d-\d\dT\S+Z/, '')).toBe(printed.replace(/\d{4}-\d\d-\d\dT\S+Z/, ''))
})

it('what a table misses is queued, and nothing else; a run that is gone is told', async () => {
  await addStudy()
  const resumed: string[] = []
  core.runner = { resume: async (run: string) => {
    resumed.push(run)
    return { label: `run ${run[0]}` }
  } } as unknown as Core['runner']
  const handlers = tableHandlers(core)
  const one = { study: 'sample', name: 'target', paper: true, std: true }
  expect((await handlers['tables.runMissing'](one)).queued.map(({ label }) => label).sort()).toEqual(['run 3', 'run 4'])
  expect(resumed.sort()).toEqual([key(3), key(4)])
  expect((await handlers['tables.runMissing']({ ...one, cell: { row: 'AgeR-UTK', column: 'scratch' } })).queued).toEqual([])
  await workspace.db.deleteFrom('runs').where('key', '=', key(4)).execute()
  expect((await handlers['tables.runMissing'](one)).leftOut).toMatchObject([{ why: expect.stringContaining('start the study again') }])
})

it('curves of runs lie over each other, with the time since their first value', async () => {
  await addStudy()
  await workspace.db.transaction().execute(async (trx) => {
    for (const digit of [1, 2]) {
      await addPoints(trx, key(digit), [0, 1, 2].map(step => ({ metric: 'learningRate', step, value: 0.1, at_ms: 0 })))
      await addPoints(trx, key(digit), [0, 1, 2].map(step => ({ metric: 'loss', step, value: 1 / (step + digit), at_ms: 1000 * digit + 500 * step })))
    }
    await addPoints(trx, key(1), [{ metric: 'fold-0/loss', step: 0, value: 1, at_ms: 0 }])
  })
  const { metrics, metric, runs } = await compareHandlers(core)['compare.curves']({ keys: [key(1), key(2)], buckets: 100 })
  expect(metrics).toEqual(['loss', 'learningRate', 'fold-0/loss'])
  expect(metric).toBe('loss')
  expect(runs.map(({ seconds }) => seconds)).toEqual([[0, 0.5, 1], [0, 0.5, 1]])
})
