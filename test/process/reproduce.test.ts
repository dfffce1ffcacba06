import type { Connection } from '#main/core.ts'
import type { Client } from '#shared/contract.ts'
import type { RunItem } from '#shared/run-views.ts'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import Database from 'better-sqlite3'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '#main/core.ts'
import { nodeBinary, packageRoot } from '#main/node-binary.ts'
import { keyOfRepetition } from '#main/reproduce/reproduce.ts'
import { listTree } from '#shared/files/durable.ts'
import { readSafetensors, writeSafetensors } from '#shared/files/safetensors.ts'
import { hashFiles } from '#shared/files/teacher.ts'
import { writeSmallStudy } from './small-study.ts'
import { until } from './workspace-fixture.ts'

let study: Awaited<ReturnType<typeof writeSmallStudy>>
let root: string
let host: Connection
let client: Client
let runs: RunItem[]

beforeAll(async () => {
  study = await writeSmallStudy()
  root = join(study.folder, 'workspace')
  host = await connect(root, { title: 'test', create: true, cores: 1 })
  client = host.client
  for (const path of study.teachers)
    await client.call('teachers.add', { path })
  await client.call('studies.run', { path: study.recipe, text: study.text })
  expect((await client.call('runs.idle', { study: 'small' })).open).toEqual([])
  runs = await client.call('runs.list', { study: 'small' })
}, 180_000)
afterAll(async () => {
  await host?.close()
  study?.remove()
})

const runOf = (label: string): RunItem => runs.find(run => run.label.startsWith(label))!
const artefactOf = async (key: string): Promise<string> => (await client.call('runs.get', { key })).artefact
const digest = (path: string): string => createHash('sha256').update(listTree(path).map(file => `${file.path} ${createHash('sha256').update(readFileSync(file.path)).digest('hex')}`).sort().join('\n')).digest('hex')

async function reproduce(key: string) {
  const again = await client.call('runs.reproduce', { key })
  await client.call('runs.idle', { key: again.key })
  return client.call('runs.reproduced', { key })
}

/** The workspace's database, changed behind the host's back as only a test may. */
function edit(sql: string, ...values: unknown[]): void {
  const db = new Database(join(root, 'facet.sqlite'))
  db.prepare(sql).run(...values)
  db.close()
}

/** The real program in a process of its own, beside the host of this test. */
function facet(...words: string[]): Promise<{ code: number, stdout: string, stderr: string }> {
  return new Promise(resolve => execFile(nodeBinary(), [join(packageRoot, 'src/main/cli.ts'), ...words], { env: { ...process.env, FACET_WORKSPACE: root, NO_COLOR: '1' } }, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, stdout, stderr })))
}

it('a run keeps versions, hardware, threads and the recipe that it was asked for by', async () => {
  const { provenance: { environment, recipe } } = await client.call('runs.get', { key: runOf('combine ae').key })
  expect(environment).toMatchObject({
    node: process.versions.node,
    sharp: sharp.versions.sharp,
    libvips: sharp.versions.vips,
    engine: expect.stringMatching(/^2\.\d+\.\d+-cpu$/),
    threads: 1,
    gpu: null,
    isDeterministic: false,
  })
  expect(environment!.processor.features).toEqual(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))![1]!.trim().split(' ').filter(flag => flag.startsWith('avx') || flag.startsWith('amx') || ['fma', 'sse4_2'].includes(flag)).sort())
  expect(recipe).toEqual({ recipe: study.recipe, sha256: createHash('sha256').update(study.text).digest('hex'), git: null })
  const { stdout } = await facet('show', runOf('combine ae').key)
  expect(stdout).toContain(`libvips ${sharp.versions.vips}`)
  expect(stdout).toContain(study.recipe)
})

it.each([
  'prepare faces',
  'embed faces',
  'combine pca',
  'combine ae',
  'distil ae',
  'transfer Gender, teacher:one',
  'transfer Gender, ae',
  'transfer Gender, student-finetuned',
])('%s is made again to the same bits, beside what was sealed, and leaves nothing', async (label) => {
  const { key } = runOf(label)
  const artefact = await artefactOf(key)
  const before = digest(artefact)
  const report = await reproduce(key)
  expect(report).toMatchObject({ key, verdict: 'bits', artefact: { isSame: true, numbers: [], others: [] }, curves: [], provenance: [], isProvenanceKnown: true })
  expect(digest(artefact)).toBe(before)
  const again = keyOfRepetition(key)
  for (const path of [join(root, 'runs', again), artefact.replace(key, again), `${artefact.replace(key, again)}.partial`])
    expect(existsSync(path)).toBe(false)
  expect((await client.call('runs.list')).map(run => run.key)).not.toContain(again)
}, 60_000)

describe('what differs is measured', () => {
  it('a weight that is a little off leaves the figures as they are, and the largest difference is told with its tensor', async () => {
    const { key } = runOf('combine ae')
    const file = join(await artefactOf(key), 'tensors.safetensors')
    const whole = readFileSync(file)
    const { tensors } = readSafetensors(file)
    const [name, tensor] = Object.entries(tensors).find(([, { dtype, data }]) => dtype === 'float32' && data.length > 20)!
    const data = tensor.data as Float32Array
    const largest = Math.max(...data.map(Math.abs))
    const sealed = data[7]!
    data[7] = sealed + 0.25
    writeSafetensors(file, tensors)
    try {
      const { code, stdout } = await facet('reproduce', key, '--json')
      const report = JSON.parse(stdout)
      expect(code).toBe(0)
      expect(report.verdict).toBe('figures')
      expect(report.artefact.numbers).toEqual([{ name, count: 1, of: data.length, largest: Math.abs(data[7]! - sealed), relative: expect.closeTo(0.25 / Math.max(largest, Math.abs(data[7]!)), 6) }])
      expect(report.figures.every(({ agrees }: { agrees: boolean }) => agrees)).toBe(true)
    }
    finally {
      writeFileSync(file, whole)
    }
  }, 60_000)

  it('another figure is neither, with both values, and ends with code 1', async () => {
    const { key } = runOf('combine ae')
    const { result } = await client.call('runs.get', { key })
    const loss = Number(result!.summary.validationLoss)
    const stored = { ...result!, summary: { ...result!.summary, validationLoss: loss + 0.5 } }
    const file = join(await artefactOf(key), 'manifest.json')
    const whole = readFileSync(file)
    writeFileSync(file, whole.toString('utf8').replace('"elu"', '"relu"'))
    edit('update runs set result = ? where key = ?', JSON.stringify(stored), key)
    try {
      const { code, stdout } = await facet('reproduce', key)
      expect(code).toBe(1)
      expect(stdout).toContain('Neither bits nor figures agree.')
      expect(stdout).toMatch(/validationLoss .* 0\.5 .*differs/)
      expect(stdout).toMatch(/Manifest\.json: 1 of \d+ lines differ\./)
    }
    finally {
      writeFileSync(file, whole)
      edit('update runs set result = ? where key = ?', JSON.stringify(result), key)
    }
  }, 60_000)

  it('what the first run was computed with is told where it was something else', async () => {
    const { key } = runOf('combine pca')
    const { provenance: { environment } } = await client.call('runs.get', { key })
    edit('update run_provenance set environment = ? where run = ?', JSON.stringify({ ...environment, engine: '2.20.0-cpu', processor: { ...environment!.processor, name: 'Another CPU' } }), key)
    try {
      const report = await reproduce(key)
      expect(report.verdict).toBe('bits')
      expect(report.provenance.map(({ title, sealed }) => [title, sealed])).toEqual([
        ['TensorFlow', '2.20.0-cpu'],
        ['processor', `Another CPU, ${environment!.processor.cores} ${environment!.processor.cores === 1 ? 'core' : 'cores'}`],
      ])
    }
    finally {
      edit('update run_provenance set environment = ? where run = ?', JSON.stringify(environment), key)
    }
  }, 60_000)
})

describe('what is not as it was is named before anything is computed', () => {
  const photograph = (): string => join(study.photographs, '21_1_1_20170109150557501.jpg')

  /** Changes something, expects the refusal and that nothing has begun, and puts it back. */
  async function refused(label: string, change: () => () => void): Promise<string> {
    const { key } = runOf(label)
    const undo = change()
    try {
      const { code, stderr } = await facet('reproduce', key)
      expect(code).toBe(1)
      const again = keyOfRepetition(key)
      expect(existsSync(join(root, 'runs', again))).toBe(false)
      expect((await client.call('runs.list')).map(run => run.key)).not.toContain(again)
      return stderr
    }
    finally {
      undo()
    }
  }
  function changeByte(path: string, at: number): () => void {
    const whole = readFileSync(path)
    const changed = Buffer.from(whole)
    changed[at]! ^= 1
    writeFileSync(path, changed)
    return () => writeFileSync(path, whole)
  }
  function move(path: string): () => void {
    renameSync(path, `${path}.away`)
    return () => {
      rmSync(path, { recursive: true, force: true })
      renameSync(`${path}.away`, path)
    }
  }

  it.each(['prepare faces', 'combine ae', 'transfer Gender, student-finetuned'])('one byte of a photograph, for %s', async (label) => {
    expect(await refused(label, () => changeByte(photograph(), 900))).toContain(`data set "faces" has changed: ${basename(photograph())} has other content.`)
  })
  it('a photograph that is gone, and one that came', async () => {
    expect(await refused('prepare faces', () => move(photograph()))).toContain(`data set "faces" has changed: ${basename(photograph())} is missing.`)
    const added = join(study.photographs, '33_0_0_20170109150557599.jpg')
    expect(await refused('embed faces', () => {
      writeFileSync(added, readFileSync(photograph()))
      return () => rmSync(added)
    })).toContain(`data set "faces" has changed: ${basename(added)} is new.`)
  })
  it('the folder of the data set', async () => {
    expect(await refused('distil ae', () => move(study.photographs))).toContain(`${study.photographs}: The run cannot be reproduced: the folder of data set "faces" is gone.`)
  })
  it('a byte of a teacher\'s weights, another teacher under its name, and none', async () => {
    const home = join(root, 'teachers', 'two')
    expect(await refused('embed faces', () => changeByte(join(home, 'weights.bin'), 40))).toMatch(/teacher "two" has changed: the files of teacher "two" have the SHA-256 [0-9a-f]{64}, its manifest says/)
    expect(await refused('combine ae', () => {
      const undo = changeByte(join(home, 'weights.bin'), 40)
      const manifest = readFileSync(join(home, 'two.yaml'), 'utf8')
      writeFileSync(join(home, 'two.yaml'), manifest.replace(/sha256: .*/, `sha256: ${hashFiles([join(home, 'model.json'), join(home, 'weights.bin')])}`))
      return () => {
        undo()
        writeFileSync(join(home, 'two.yaml'), manifest)
      }
    })).toContain('teacher "two" has changed: its manifest and files are others than those of the run')
    expect(await refused('embed faces', () => move(home))).toContain('teacher "two" has changed: there is no such manifest.')
  })
  it('what a run builds on, and what it made itself', async () => {
    const combiner = await artefactOf(runOf('combine ae').key)
    expect(await refused('distil ae', () => move(combiner))).toContain(`what run ${runOf('combine ae').key.slice(0, 12)} made, which it builds on, is gone`)
    expect(await refused('distil ae', () => changeByte(join(combiner, 'tensors.safetensors'), 600))).toContain(`what run ${runOf('combine ae').key.slice(0, 12)} made, which it builds on, is not what was sealed`)
    expect(await refused('combine ae', () => move(combiner))).toContain('is gone, so there is nothing to compare with')
  })
  it('after all of which everything is as it was', async () => {
    expect((await reproduce(runOf('prepare faces').key)).verdict).toBe('bits')
  })
})

it('a repetition that was killed says why, and the next one begins where it was or anew', async () => {
  const { key } = runOf('combine ae')
  const again = await client.call('runs.reproduce', { key })
  const worker = join(root, 'runs', again.key, 'worker.json')
  await until(() => existsSync(worker), 'the worker has begun')
  process.kill((JSON.parse(readFileSync(worker, 'utf8')) as { pid: number }).pid, 'SIGKILL')
  await client.call('runs.idle', { key: again.key })
  await expect(client.call('runs.reproduced', { key })).rejects.toThrow(/is interrupted: .*SIGKILL/)
  expect((await reproduce(key)).verdict).toBe('bits')
}, 60_000)

it('a repetition that was finished, also while no host looked, is compared and not computed again', async () => {
  const { key } = runOf('combine pca')
  const again = await client.call('runs.reproduce', { key })
  await client.call('runs.idle', { key: again.key })
  const events = join(root, 'runs', again.key, 'events.ndjson')
  const written = readFileSync(events, 'utf8')
  expect((await client.call('runs.reproduce', { key })).state).toBe('done')
  edit('update runs set state = \'running\', events_offset = 0, last_seq = -1 where key = ?', again.key)
  expect((await client.call('runs.reproduce', { key })).state).toBe('done')
  await client.call('runs.idle', { key: again.key })
  expect(readFileSync(events, 'utf8')).toBe(written)
  expect(await client.call('runs.reproduced', { key })).toMatchObject({ verdict: 'bits', seconds: expect.any(Number) })
  expect(existsSync(events)).toBe(false)
}, 60_000)

it('a finished repetition whose artefact is gone is computed again', async () => {
  const { key } = runOf('combine pca')
  const again = await client.call('runs.reproduce', { key })
  await client.call('runs.idle', { key: again.key })
  rmSync(await artefactOf(again.key), { recursive: true })
  expect((await reproduce(key)).verdict).toBe('bits')
}, 60_000)

it('only a finished run can be reproduced', async () => {
  const { key } = runOf('combine pca')
  edit('update runs set state = \'interrupted\' where key = ?', key)
  try {
    await expect(client.call('runs.reproduce', { key })).rejects.toThrow('is interrupted; only a finished one can be reproduced')
  }
  finally {
    edit('update runs set state = \'done\' where key = ?', key)
  }
})

it('deterministic kernels are runs of their own, which say so and have the same bits on a CPU', async () => {
  await client.call('studies.run', { path: study.recipe, text: study.text, set: ['deterministic=true'] })
  expect((await client.call('runs.idle', { study: 'small' })).open).toEqual([])
  const asked = await client.call('runs.list', { study: 'small' })
  for (const label of ['embed faces', 'combine ae', 'distil ae', 'transfer Gender, student-finetuned']) {
    const [usual, own] = [runOf(label), asked.find(run => run.label.startsWith(label))!]
    expect(own.key).not.toBe(usual.key)
    expect((await client.call('runs.get', { key: own.key })).provenance.environment).toMatchObject({ isDeterministic: true })
    const tensors = async (key: string) => readFileSync(label === 'embed faces' ? await artefactOf(key) : join(await artefactOf(key), 'tensors.safetensors')).toString('base64')
    expect(await tensors(own.key)).toBe(await tensors(usual.key))
  }
  // A head on frozen features has one core and never a GPU.
  expect((await client.call('runs.get', { key: asked.find(run => run.label.startsWith('transfer Gender, ae'))!.key })).provenance.environment).toMatchObject({ isDeterministic: false })
}, 180_000)
