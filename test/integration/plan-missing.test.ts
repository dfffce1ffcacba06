import type { Connection } from '#main/core.ts'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { wordAssumed, wordMissing } from '#main/cli/assumed.ts'
import { connectCounting, drawPhotographs, smallStudy } from './small-study.ts'

let folder: string
let connection: Connection

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  connection = await connectCounting(join(folder, 'workspace'), () => 1e15)
})
afterEach(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

function paper() {
  const path = join(import.meta.dirname, '../../resources/recipes/paper.yaml')
  return { path, text: readFileSync(path, 'utf8'), set: [`data=${folder}/photographs`] }
}
const terminal = { isJson: false, isStyled: false, isInteractive: false, width: 120, print: () => {}, note: () => {}, result: () => {} }

/** affectnet, raf, sfew, ms (as the recipe bounds it), lfw, imdb, utk, celeba, fgnet, unbc, tiny. */
const images = 291_651 + 15_339 + 1766 + 3_644_000 + 13_233 + 523_051 + 23_705 + 202_599 + 1002 + 48_398 + 110_000
/** Of faceres, centernet, dlib, face-expression, age-gender and emotion, a face on two cores; and the numbers of their embeddings. */
const [secondsAFace, width] = [0.0082 + 0.0265 + 0.0033 + 0.0023 + 0.0021 + 0.0011, 1024 + 120 + 128 + 256 + 512 + 256]

it('the plan of the whole paper without its data tells each missing folder with its size, and time and disk by stage', async () => {
  const plan = await connection.client.call('studies.plan', { ...paper(), assumesPublished: true })
  const assumed = plan.assumed!
  expect(assumed.folders).toHaveLength(11)
  expect(assumed.folders).toContainEqual({ name: 'celeba', format: 'celeba', path: join(folder, 'photographs/celeba'), samples: 202_599 })
  expect(assumed.images).toBe(images)
  expect(assumed.unlabelled / 4.12e6).toBeCloseTo(1, 3) // the paper's D_unsup
  expect(plan).toMatchObject({ cached: 0, blocked: 0, steps: [] })

  const [scale, cost] = [Math.min(1, 2 / assumed.cores), (stage: string) => assumed.stages.find(one => one.stage === stage)!]
  // each of 11 runs starts in a second and loads six teachers in half a second each
  expect(cost('embed')).toEqual({ stage: 'embed', runs: 11, seconds: expect.closeTo(11 + scale * (images * secondsAFace + 11 * 3), 0), bytes: images * width * 4 })
  // 300 x 300 pixels of JPEG at .4 bytes; detecting and aligning a face 18 ms, resizing an object 4
  expect(cost('prepare')).toEqual({ stage: 'prepare', runs: 11, seconds: expect.closeTo(11 + scale * (11 + (images - 110_000) * 0.018 + 110_000 * 0.004), 0), bytes: images * 36_000 })
  // ae, vae and dae of three seeds; concat and pca
  expect(cost('combine').runs).toBe(11)
  expect(assumed.stages.map(({ stage }) => stage)).toEqual(['prepare', 'embed', 'combine', 'distil', 'transfer', 'select'])
  for (const field of ['seconds', 'bytes'] as const)
    expect(assumed.stages.reduce((sum, stage) => sum + stage[field], 0)).toBeCloseTo(plan[field], 0)
  expect(assumed.stages.reduce((sum, { runs }) => sum + runs, 0)).toBe(plan.toDo)

  const words = wordAssumed(plan, assumed, terminal)
  expect(words).toMatch(/^celeba +celeba .* 202,599 images$/m)
  expect(words).toContain('Assumed: 4,874,744 images in all; combiners and students learn from 4,119,697 faces.')
  expect(words).toMatch(/^embed +11 .*44\.8 GB$/m)
  expect(words).toContain('An estimate at published sizes')
  expect(words).toContain('counted with all their epochs')
  expect(wordMissing(assumed)).toContain('11 of the study\'s 11 data sets are missing')
  expect(words.split('\n').length).toBeLessThan(30)
  expect(await connection.client.call('datasets.list')).toEqual([])
})

it('without being asked to assume, a plan and a run refuse, naming every folder; nothing is kept', async () => {
  const refusal = { code: 'not-found', message: expect.stringMatching(/11 of the study's 11 data sets are missing:[\s\S]*celeba: .*There is no such folder/) }
  await expect(connection.client.call('studies.plan', paper())).rejects.toMatchObject(refusal)
  await expect(connection.client.call('studies.run', { ...paper(), ignoresDisk: true })).rejects.toMatchObject(refusal)
  expect(await connection.client.call('runs.list', {})).toEqual([])
  expect(await connection.client.call('studies.list')).toEqual([])
})

it('folders that are there count as they are, missing ones as they were published; one of no published size is refused', async () => {
  await drawPhotographs(join(folder, 'pets'))
  const { text, path } = smallStudy(join(folder, 'pets'))
  const mixed = { path, assumesPublished: true, text: text.replace('data: {', `data: { fg: { format: fgnet, path: ${folder}/fg },`).replace('unlabelled: [pets]', 'unlabelled: [pets, fg]') }
  const plan = await connection.client.call('studies.plan', mixed)
  expect(plan.assumed).toMatchObject({ folders: [{ name: 'fg', samples: 1002 }], datasets: 2, images: 1006 })
  const whole = await connection.client.call('studies.plan', { path, text, assumesPublished: true })
  expect(whole.assumed).toBeUndefined()
  expect(whole.steps).toHaveLength(whole.toDo)
  rmSync(join(folder, 'pets'), { recursive: true })
  await expect(connection.client.call('studies.plan', { path, text: text.replaceAll('path: ', 'path: /nowhere'), assumesPublished: true })).rejects.toMatchObject({ code: 'not-found', message: 'There is no such folder.' })
})

it('options that the format of a missing folder does not have are refused, and so is a task', async () => {
  const { text, path } = smallStudy('/nowhere')
  const study = (entry: string, task: string) => ({ path, assumesPublished: true, text: text.replace('{ format: folders, path: /nowhere }', entry).replace('task: class', `task: ${task}`) })
  await expect(connection.client.call('studies.plan', study('{ format: fgnet, path: /nowhere, size: 3 }', 'age'))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('size') })
  await expect(connection.client.call('studies.plan', study('{ format: fgnet, path: /nowhere }', 'ages'))).rejects.toMatchObject({ code: 'bad-input', hint: expect.stringContaining('age') })
  // a folder that is there and holds nothing of use is no missing one
  mkdirSync(join(folder, 'empty'))
  await expect(connection.client.call('studies.plan', study(`{ format: fgnet, path: ${folder}/empty }`, 'age'))).rejects.toMatchObject({ code: 'bad-input' })
})
