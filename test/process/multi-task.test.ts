import type { Connection } from '#main/core.ts'
import type { Client } from '#shared/contract.ts'
import type { RunEvent } from '#shared/order.ts'
import type { RunItem } from '#shared/run-views.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect } from '#main/core.ts'
import { parseEvent } from '#shared/event-line.ts'
import { writeSmallStudy } from './small-study.ts'
import { until } from './workspace-fixture.ts'

/** Both students on drawn faces: the multi-task one with everything that it can be told. */
const recipe = `study: both
data: { drawn: { format: synthetic, count: 90, identities: 30, size: 100, seed: 4 } }
unlabelled: [drawn]
teachers: [one, two]
stages:
  combine: [{ kind: ae, size: 4, epochs: 3 }]
  distil: { network: cnn, width: 4, input: 32, batch: 8, steps: 400, evaluateEvery: 5, multiTask: { balance: uncertainty, teacherDropping: 0.3 } }
  transfer: { epochs: 2, steps: 6, batch: 8, fineTune: { steps: 4, batch: 8 } }
knowledge: [{ name: Gender, data: drawn, task: gender }, { name: Identity, data: drawn, task: verification }]
methods: [ae, mt, mt-finetuned, student]
seeds: [3]
tables: [target, reconstruction]
`
let study: Awaited<ReturnType<typeof writeSmallStudy>>
let root: string
let host: Connection
let client: Client

beforeAll(async () => {
  study = await writeSmallStudy()
  root = join(study.folder, 'workspace')
  host = await connect(root, { title: 'test', create: true, cores: 1 })
  client = host.client
  for (const path of study.teachers)
    await client.call('teachers.add', { path })
}, 60_000)
afterAll(async () => {
  await host?.close()
  study?.remove()
})

async function runOf(label: string): Promise<RunItem> {
  return (await client.call('runs.list', { study: 'both' })).find(run => run.label.startsWith(label))!
}

function events(key: string): RunEvent[] {
  const path = join(root, 'runs', key, 'events.ndjson')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1).map(line => parseEvent(line)!) : []
}

/** Waits until an attempt of a run has reported steps, and gives its process. */
async function atWork(key: string, attempt: number): Promise<number> {
  await until(() => events(key).some(event => event.attempt === attempt && event.type === 'metrics'), 'the run is at work', 120_000)
  const started = events(key).find(event => event.attempt === attempt && event.type === 'started')
  return started?.type === 'started' ? started.pid : 0
}

it('a multi-task student that was paused and killed has the bits of one that was not, and fills its columns', async () => {
  await client.call('studies.run', { path: join(study.folder, 'both.yaml'), text: recipe })
  const { key } = await runOf('distil multi-task')
  await atWork(key, 1)
  await client.call('runs.pause', { key })
  await until(async () => (await runOf('distil multi-task')).state === 'paused', 'the run is paused', 60_000)
  await client.call('runs.resume', { key })
  process.kill(await atWork(key, 2), 'SIGKILL')
  await until(async () => (await runOf('distil multi-task')).state === 'interrupted', 'the run is interrupted', 60_000)
  await client.call('runs.resume', { all: true })
  expect((await client.call('runs.idle', { study: 'both' })).open).toEqual([])
  const begins = events(key).flatMap(event => event.type === 'started' ? [event.resumedFrom] : [])
  expect(begins).toHaveLength(3)
  expect(begins[1]).toBeGreaterThan(0)

  await client.call('runs.reproduce', { key })
  await client.call('runs.idle', {})
  expect(await client.call('runs.reproduced', { key })).toMatchObject({ verdict: 'bits', artefact: { isSame: true } })

  const tableOf = async (name: 'target' | 'reconstruction' | 'cost') => (await client.call('tables.build', { study: 'both', name })).table
  const target = await tableOf('target')
  expect(target.columns).toEqual(['ae', 'mt', 'mt-finetuned', 'student'])
  const gender = target.rows.find(({ knowledge }) => knowledge === 'Gender')!
  expect(target.columns.map(column => gender.cells[column]!.n)).toEqual([1, 1, 1, 1])
  const identity = target.rows.find(({ knowledge }) => knowledge.startsWith('Identity'))!
  expect(identity.cells.mt!.n).toBe(1)
  expect(identity.cells['mt-finetuned']!.missing!.reason).toContain('VGGFace2')
  const reconstruction = await tableOf('reconstruction')
  expect(reconstruction.columns.slice(-3)).toEqual(['ae', 'mt', 'student'])
  expect(reconstruction.rows.at(-1)!.cells.mt!.mean).toBeGreaterThan(0)
  expect(reconstruction.legend).toContain('mt, student: through a decoder trained anew on its output.')
  // what the paper's student costs is not what the multi-task one does
  const training = (await tableOf('cost')).rows.find(({ knowledge }) => knowledge === 'Training on unlabelled faces')!
  expect(training.cells.student!.keys).toEqual([(await runOf('distil ae')).key])
  expect((await runOf('distil multi-task')).figure).toMatchObject({ name: 'nrmse' })

  const { students } = await client.call('studies.pipeline', { name: 'both' })
  expect(students.map(({ name, network, cosine }) => [name, network, cosine === null])).toEqual([['student', 'cnn', false], ['mt', 'cnn', true]])
  expect(students[1]!.curve.length).toBeGreaterThan(10)
}, 400_000)

it('its network is exported with its head, and without the other student answers for a photograph', async () => {
  for (const label of ['distil multi-task', 'transfer Gender, mt,', 'transfer Gender, mt-finetuned']) {
    const into = join(study.folder, 'out', label.replaceAll(/\W+/g, '-'))
    expect((await client.call('models.export', { key: (await runOf(label)).key, format: 'savedmodel', into })).files).toContain('saved_model.pb')
    expect(readFileSync(join(into, 'README.md'), 'utf8')).toContain('[n, 32, 32, 3]')
  }
  await client.call('studies.run', { path: join(study.folder, 'alone.yaml'), text: recipe.replace('study: both', 'study: alone').replace('mt-finetuned, student]', 'mt-finetuned]') })
  expect((await client.call('runs.idle', { study: 'alone' })).open).toEqual([])
  expect((await client.call('runs.list', { study: 'alone' })).map(({ label }) => label)).not.toContain('distil ae, seed 3')
  expect(await client.call('try.studies', undefined as never)).toContainEqual(expect.objectContaining({ study: 'alone', student: 'transfer Gender, mt, seed 3', knowledge: ['Gender'] }))
}, 240_000)
