import type { ChildProcess } from 'node:child_process'
import type { Order, RunEvent } from '#shared/order.ts'
import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseEvent } from '#shared/event-line.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { openFaces } from '#shared/files/faces.ts'
import { prepare } from '#shared/stages/prepare.ts'

const COUNT = 600
const PROJECT = resolve(import.meta.dirname, '../..')
let folder: string
let worker: ChildProcess | undefined
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'facet-killed-')) })
afterAll(() => {
  worker?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function start(runDir: string): ChildProcess {
  worker = spawn(process.execPath, [
    join(PROJECT, 'src/worker/index.ts'),
    runDir,
  ], { cwd: PROJECT, stdio: 'ignore' })
  return worker
}

function events(runDir: string): RunEvent[] {
  const path = join(runDir, 'events.ndjson')
  if (!existsSync(path))
    return []
  return readFileSync(path, 'utf8').split('\n').slice(0, -1).map(line => parseEvent(line)!)
}

it('a prepare run killed in the middle goes on with the photographs that are left', async () => {
  const photograph = await sharp({
    create: {
      width: 500,
      height: 500,
      channels: 3,
      background: '#884422',
      noise: { type: 'gaussian', mean: 120, sigma: 40 },
    },
  }).jpeg().toBuffer()
  const paths = Array.from({ length: COUNT }, (_, i) => `${i}.jpg`)
  for (const path of paths)
    writeFileSync(join(folder, path), photograph)
  const dataset = join(folder, 'dataset.sqlite')
  writeDataset(dataset, {
    meta: {
      format: 'folders',
      root: folder,
      fingerprint: '0'.repeat(64),
      tasks: {},
      aligned: true,
      licence: '',
      notes: [],
    },
    samples: paths.map(path => ({
      path,
      labels: {},
      split: null,
      subject: null,
      unseen: false,
      bytes: photograph.length,
      sha256: hash('sha256', photograph, 'hex'),
    })),
    rejected: [],
    pairs: [],
  })
  const runDir = join(folder, 'run')
  mkdirSync(runDir)
  const order: Order = {
    key: 'b'.repeat(64),
    stage: 'prepare',
    version: prepare.version,
    config: prepare.config.parse({}),
    seed: 0,
    runDir,
    artefact: join(folder, 'faces.sqlite'),
    threads: 1,
    sources: [
      {
        name: 'noise',
        root: folder,
        dataset,
        faces: null,
        embeddings: null,
        unlabelled: true,
      },
    ],
    teachers: [],
    combiner: null,
    student: null,
  }
  writeFileSync(join(runDir, 'order.json'), JSON.stringify(order))

  const first = start(runDir)
  while (!events(runDir).some(event => event.type === 'progress')) {
    expect(first.exitCode, 'the worker ended before it was killed').toBe(null)
    await setTimeout(20)
  }
  first.kill('SIGKILL')
  await once(first, 'exit')
  expect(events(runDir).some(event => event.type === 'done')).toBe(false)

  const [code] = await once(start(runDir), 'exit')
  expect(code).toBe(0)
  const log = events(runDir)
  expect(log.some(event => event.type === 'log' && /^\d+ of 600 photographs are done from an earlier attempt/.test(event.text))).toBe(true)
  const done = log.find(event => event.type === 'done')
  expect(done?.type === 'done' && done.result.summary).toEqual({
    photographs: COUNT,
    found: COUNT,
    notFound: 0,
    unreadable: 0,
    aligned: true,
    size: 300,
  })
  const pack = openFaces(order.artefact)
  expect(pack.indexes).toHaveLength(COUNT)
  pack.close()
})
