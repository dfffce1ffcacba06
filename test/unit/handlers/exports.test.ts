import type { Core } from '#main/core.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import type { Parsed } from '#shared/contract.ts'
import type { ExportRequest } from '#shared/export-request.ts'
import type { Exported } from '#shared/export.ts'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportHandlers } from '#main/handlers/exports.ts'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { exportModel } from '#worker/export/index.ts'
import { saveHead, saveNetwork, savePack, shapeOf } from '../worker/export/networks.ts'

const fingerprint = 'b'.repeat(64)
const [student, transfer, prepared, verified, identified, selected] = ['1', '2', '3', '4', '5', '6'].map(digit => digit.repeat(64)) as [string, string, string, string, string, string]
let folder: string
let workspace: Workspace
let asked: ExportRequest

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-exports-'))
  workspace = createWorkspace(join(folder, 'workspace'), 'test')
  const { paths } = workspace
  // three men of 20, 30, 40 and three women of the same ages, of which the last two learn
  writeDataset(paths.datasetPath(fingerprint), {
    meta: {
      format: 'utkface',
      root: '/photos',
      fingerprint,
      tasks: {
        gender: { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' },
        age: { kind: 'regression', label: 'age', unit: 'years', range: [0, 116], protocol: 'split' },
      },
      aligned: false,
      licence: 'research only',
      notes: [],
    },
    samples: Array.from({ length: 6 }, (_, i) => ({ path: `${i}.jpg`, labels: { gender: Number(i > 2), age: 20 + 10 * (i % 3) }, split: i < 4 ? 'test' : 'train', subject: null, unseen: false, bytes: 1, sha256: String(i).padStart(64, '0') })),
    rejected: [],
    pairs: [],
  })
  mkdirSync(join(folder, 'faces'))
  const faces = savePack(join(folder, 'faces'), 6)
  await addRun(student, 'distil', faces, { label: 'distil ae', config: {} })
  await addRun(transfer, 'transfer', faces, { label: 'transfer student: AgeR', config: { task: 'age' }, student: paths.artefactPath('distil', student) })
  await addRun(prepared, 'prepare', faces, { label: 'prepare utk', config: {} })
  await addRun(verified, 'transfer', faces, { label: 'transfer student: LFW', config: { task: 'age' } })
  await addRun(identified, 'transfer', faces, { label: 'transfer student after identity: LFW', config: { task: 'verification', after: { task: 'identity', faces: 100 } } })
  await addRun(selected, 'select', faces, { label: 'select AgeR, bct', config: { task: 'age' } })
  place(saveNetwork(folder, shapeOf('cnn')), paths.artefactPath('distil', student))
  place(saveHead(folder, 'regression'), paths.artefactPath('transfer', transfer))
  // errs by 1, 2, 3 years on men; by 7 on the one woman of the test; one face was not found
  writeFileSync(join(paths.artefactPath('transfer', transfer), 'predictions.csv'), ['path,split,label,prediction,found,unseen,subject', '0.jpg,test,20,21,true,false,', '1.jpg,test,30,32,true,false,', '2.jpg,test,40,43,false,false,', '3.jpg,test,20,27,true,false,', ''].join('\n'))
})
afterAll(async () => {
  await workspace.close()
  rmSync(folder, { recursive: true, force: true })
})

function place(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of ['manifest.json', 'tensors.safetensors'])
    writeFileSync(join(to, name), readFileSync(join(from, name)))
}

async function addRun(key: string, stage: 'distil' | 'transfer' | 'prepare' | 'select', faces: string, { label, config, student = null }: { label: string, config: object, student?: string | null }): Promise<void> {
  const { db, paths } = workspace
  const artefact = paths.artefactPath(stage, key)
  const source = { name: 'utk', root: '/photos', dataset: paths.datasetPath(fingerprint), faces, embeddings: null, unlabelled: false }
  await db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, {
      key,
      stage,
      version: 1,
      config,
      inputs: {},
      seed: 0,
      usesSeed: true,
      usesAllCores: false,
      needs: [],
      label,
      order: { key, stage, version: 1, config, seed: 0, artefact, sources: [source], teachers: [], combiner: null, student },
    }, { position: 0, now: 0 })
    await moveRun(trx, key, 'running', { now: 1 })
    await moveRun(trx, key, 'done', { now: 2, reason: null, set: { duration_ms: 1000, result: JSON.stringify({ summary: { folds: 1 }, evaluations: [] }) } })
  })
  mkdirSync(dirname(artefact), { recursive: true })
}

function ask(input: Parsed<'models.export'>): Promise<Exported> {
  const inspector = {
    ask: (_: string, request: ExportRequest) => {
      asked = request
      return exportModel(request)
    },
  }
  return exportHandlers({ workspace, inspector } as unknown as Core)['models.export'](input) as Promise<Exported>
}

describe('an export', () => {
  it('of a transfer has figures by groups of people in its card, and the student and the terms', async () => {
    const { path, loss } = await ask({ key: transfer, format: 'onnx', weights: 'float32', into: join(folder, 'plain') })
    expect(loss).toBeNull()
    const readme = readFileSync(join(path, 'README.md'), 'utf8')
    expect(readme).toMatch(/\| gender: male \| 2\.00 \| [\d.]+ to [\d.]+ \| 3 \|/)
    expect(readme).toMatch(/\| gender: female \| 7\.00 \| 7\.00 to 7\.00 \| 1 \|/)
    expect(readme).toMatch(/\| age: 20-35 \| 3\.33 \| [\d.]+ to [\d.]+ \| 3 \|/)
    for (const text of [`student below: distil ae, key ${student}`, `key: ${transfer}`, 'data set utk (utkface): research only', 'in years'])
      expect(readme).toContain(text)
  })

  it('with int8 weights is measured on the test faces that were found, and the card says so', async () => {
    const { loss, path } = await ask({ key: transfer, format: 'tfjs', weights: 'int8', into: join(folder, 'small') })
    expect(asked.faces).toMatchObject({ packs: [{ indexes: [0, 1, 3] }], answers: { labels: [20, 30, 20] } })
    expect(loss).toMatchObject({ faces: 3, of: 'of the test split of utk', metric: { name: 'mae' } })
    expect(readFileSync(join(path, 'README.md'), 'utf8')).toContain(`MAE ${loss!.metric!.before.toFixed(3)} before and ${loss!.metric!.after.toFixed(3)} after`)
  })

  it('of a student is measured on faces that it did not learn from', async () => {
    const { loss } = await ask({ key: student, format: 'savedmodel', weights: 'float16', into: join(folder, 'student') })
    expect(asked.faces!.packs[0]!.indexes).toEqual([0, 1, 2, 3])
    expect(loss).toMatchObject({ faces: 4, of: 'that it did not learn from', metric: null })
    expect(loss!.cosine.lowest).toBeGreaterThan(0.9999)
  })

  it.each([[prepared, 'stage prepare'], [verified, 'compares embeddings'], [identified, 'has learnt to tell people apart ("identity") only to compare'], [selected, 'has chosen among heads on the embeddings of teachers']])('of a run without a network of its own is refused (%#)', async (key, message) => {
    const into = join(folder, 'none')
    await expect(ask({ key, format: 'onnx', weights: 'float32', into })).rejects.toThrow(message)
    expect(existsSync(into)).toBe(false)
  })
})
