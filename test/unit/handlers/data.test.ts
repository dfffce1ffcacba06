import { Buffer } from 'node:buffer'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { moveRun, putPlannedRun } from '#main/workspace/runs.ts'
import { createFaces } from '#shared/files/faces.ts'
import { FOUND } from '../faces/pack.ts'
import { drawUtk, openData } from './data-fixture.ts'

const broken = {
  '30_0_1_20170109150557400.jpg': '',
  '31_1_20170109150557401.jpg': 'a name without its third field',
  'notes.docx': 'not an image',
}
let data: ReturnType<typeof openData>
let photos: string

beforeEach(async () => {
  data = openData()
  photos = await drawUtk(join(data.folder, 'My Photos'), 5, broken)
})
afterEach(() => data.close())

/** The prepare run of a data set as it would be when done: the first four faces found, the last not. */
async function addFaces(name: string): Promise<string> {
  const { fingerprint } = (await data.call('datasets.list')).find(one => one.name === name)!
  const { paths, db } = data.workspace
  const key = 'a'.repeat(64)
  const writer = createFaces(paths.facesPath(key), { size: 60, encoding: 'jpeg', aligned: false, count: 5 })
  for (let index = 0; index < 5; index++) {
    const image = await sharp({ create: { width: 60, height: 60, channels: 3, background: { r: index * 40, g: 0, b: 0 } } }).jpeg({ quality: 95 }).toBuffer()
    writer.add([index < 4 ? { ...FOUND, index, image } : { status: 'not-found', reason: 'No face was found.', box: null, landmarks: null, score: null, meshScore: null, faces: 0, index, image: null }])
  }
  writer.seal()
  const order = { key, stage: 'prepare' as const, version: 1, config: {}, seed: 0, artefact: paths.facesPath(key), sources: [{ name, root: photos, dataset: paths.datasetPath(fingerprint), faces: null, embeddings: null, unlabelled: false }], teachers: [], combiner: null, student: null }
  await db.transaction().execute(async (trx) => {
    await putPlannedRun(trx, { key, stage: 'prepare', version: 1, config: {}, inputs: {}, seed: 0, usesSeed: false, usesAllCores: false, needs: [], label: `prepare ${name}`, order }, { position: 0, now: 0 })
    await moveRun(trx, key, 'running', { now: 1 })
    await moveRun(trx, key, 'done', { now: 2, set: { result: JSON.stringify({ summary: { photographs: 5, found: 4, notFound: 1, unreadable: 0, aligned: false, size: 60 }, evaluations: [] }), bytes: 1000 } })
  })
  return key
}

describe('a folder that is looked at', () => {
  it('is recognised with the images that each format explains, and nothing is written', async () => {
    const found = await data.call('datasets.recognise', { path: photos })
    expect(found).toMatchObject({ name: 'my-photos', files: 8, images: 7, addedAs: [] })
    expect(found.formats[0]).toMatchObject({ name: 'utkface', explained: 6, problem: null })
    expect(found.formats.find(({ name }) => name === 'lfw')).toMatchObject({ explained: 0 })
    expect(readdirSync(data.workspace.paths.datasets)).toEqual([])
  })

  it('shows its first files as they will be read, and those that will not be with the reason', async () => {
    const preview = await data.call('datasets.preview', { path: photos, format: 'utkface', rows: 7 })
    expect(preview).toMatchObject({ samples: 6, rejected: 2, format: 'utkface' })
    const good = preview.rows.find(row => row.path.startsWith('21_'))!
    expect(good).toMatchObject({ labels: { 'age': '21 years', 'gender': 'female', 'ethnicity': 'Black', 'age-class': '20-35' }, problem: null })
    expect((await sharp(Buffer.from(good.thumbnail!, 'base64')).metadata())).toMatchObject({ format: 'jpeg', width: 64 })
    expect(preview.rows.find(row => row.path.startsWith('30_'))).toMatchObject({ thumbnail: null, problem: expect.stringContaining('empty') })
    expect(preview.rows.find(row => row.path.startsWith('31_'))!.problem).toMatch(/3 fields/)
    expect(preview.histograms.find(({ task }) => task === 'gender')!.bars.map(({ label }) => label)).toEqual(['male', 'female'])
  })

  it('is refused under an option that is none, naming those there are', async () => {
    await expect(data.call('datasets.preview', { path: photos, format: 'utkface', options: { ageEdges: 'young' } })).rejects.toMatchObject({ message: expect.stringContaining('ageEdges') })
    await expect(data.call('datasets.preview', { path: join(data.folder, 'nowhere'), format: 'utkface' })).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('a folder that is added', () => {
  it('tells how far it is, and that the list has changed; broken files become rows with reason and remedy', async () => {
    await data.call('datasets.add', { path: photos, name: 'mine' })
    expect(data.heard.filter(([event]) => event === 'datasets.progress').at(-1)![1]).toMatchObject({ name: 'mine', path: photos, phase: 'reading', done: 6, total: 6 })
    expect(data.heard.at(-1)).toEqual(['datasets.changed', { name: 'mine' }])
    expect(await data.call('datasets.adding')).toEqual([])
    const { total, rows } = await data.call('datasets.rejected', { name: 'mine', from: 0, count: 2 })
    expect(total).toBe(3)
    expect(rows[0]).toMatchObject({ path: '30_0_1_20170109150557400.jpg', bytes: 0, helps: expect.stringContaining('Copy it again') })
    expect((await data.call('datasets.rejected', { name: 'mine', from: 2 })).rows.map(({ path }) => path)).toEqual(['notes.docx'])
  })

  it('can be stopped half way, and leaves nothing behind', async () => {
    for (let i = 0; i < 200; i++)
      writeFileSync(join(photos, `40_0_0_20180109150557${String(i).padStart(3, '0')}.jpg`), 'x')
    const stopped = new Promise<boolean>(resolve => data.on('datasets.progress', () => void data.call('datasets.cancel', { path: photos }).then(({ stopped }) => resolve(stopped))))
    await expect(data.call('datasets.add', { path: photos, name: 'mine' })).rejects.toMatchObject({ code: 'interrupted' })
    expect(await stopped).toBe(true)
    expect(await data.call('datasets.list')).toEqual([])
    expect(readdirSync(data.workspace.paths.datasets)).toEqual([])
    expect(await data.call('datasets.cancel', { path: photos })).toEqual({ stopped: false })
  })

  it('can be stopped while its faces are drawn, and leaves no folder behind', async () => {
    const folder = join(data.folder, 'new', 'faces')
    const adding = data.call('datasets.add', { path: folder, name: 'drawn', format: 'synthetic', options: { count: 100_000, identities: 10, size: 96 } })
    const ended = expect(adding).rejects.toMatchObject({ code: 'interrupted', message: 'Reading the folder was stopped; nothing was kept.' })
    await expect.poll(() => existsSync(join(folder, 'images')) ? readdirSync(join(folder, 'images')).length : 0, { timeout: 20_000 }).toBeGreaterThan(0)
    expect(await data.call('datasets.adding')).toMatchObject([{ path: folder, phase: 'drawing' }])
    expect(await data.call('datasets.cancel', { path: folder })).toEqual({ stopped: true })
    await ended
    expect(existsSync(join(data.folder, 'new'))).toBe(false)
    expect(await data.call('datasets.adding')).toEqual([])
    expect(await data.call('datasets.list')).toEqual([])
    // the worker goes on with what others ask
    expect(await data.call('datasets.preview', { path: photos, format: 'utkface', rows: 1 })).toMatchObject({ samples: 6 })
  })
})

describe('the faces of a data set', () => {
  it('are none before it is prepared', async () => {
    await data.call('datasets.add', { path: photos, name: 'mine' })
    expect(await data.call('datasets.faces', { name: 'mine' })).toEqual({ key: null, total: 0, from: 0, cells: [] })
    expect((await data.call('datasets.overview'))[0]).toMatchObject({ name: 'mine', isHere: true, faces: null, roles: [] })
  })

  it('come by range, each with label and a picture of its own; those not found with the reason and the photograph', async () => {
    await data.call('datasets.add', { path: photos, name: 'mine' })
    const key = await addFaces('mine')
    expect((await data.call('datasets.overview'))[0]!.faces).toEqual({ key, photographs: 5, found: 4, notFound: 1, unreadable: 0, aligned: false })
    const page = await data.call('datasets.faces', { name: 'mine', from: 1, count: 2, side: 32 })
    expect(page).toMatchObject({ key, total: 4, from: 1 })
    expect(page.cells.map(({ index, caption }) => [index, caption])).toEqual([[1, '21 female Black'], [2, '22 male Asian']])
    const { data: pixels, info } = await sharp(Buffer.from(page.cells[1]!.image!, 'base64')).raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([32, 32])
    expect(Math.abs(pixels[0]! - 80)).toBeLessThan(8)
    const missing = await data.call('datasets.faces', { name: 'mine', status: 'not-found' })
    expect(missing).toMatchObject({ total: 1, cells: [{ index: 4, reason: 'No face was found.', image: expect.any(String) }] })
  })

  it('are shown one by one with photograph, box and key points', async () => {
    await data.call('datasets.add', { path: photos, name: 'mine' })
    await addFaces('mine')
    const one = await data.call('datasets.photograph', { name: 'mine', index: 2, side: 100 })
    expect(one).toMatchObject({ width: 200, height: 200, status: 'found', box: FOUND.box, landmarks: FOUND.landmarks, labels: { age: '22 years' }, faces: 1 })
    expect((await sharp(Buffer.from(one.image!, 'base64')).metadata()).width).toBe(100)
    await expect(data.call('datasets.photograph', { name: 'mine', index: 99 })).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('0 to 4') })
  })

  it('name what stands on the data set before it is removed, and everybody hears of the removal', async () => {
    await data.call('datasets.add', { path: photos, name: 'mine' })
    await addFaces('mine')
    expect(await data.call('datasets.dependents', { name: 'mine' })).toEqual({ studies: [], runs: 1, bytes: 1000 })
    await data.call('datasets.remove', { name: 'mine' })
    expect(data.heard.at(-1)).toEqual(['datasets.changed', { name: 'mine' }])
    expect(existsSync(join(photos, 'notes.docx'))).toBe(true)
  })
})

describe('formats', () => {
  it('say on which terms and how their photographs are obtained', async () => {
    const formats = await data.call('datasets.formats')
    expect(formats.find(({ name }) => name === 'utkface')).toMatchObject({ licence: expect.stringContaining('non-commercial'), obtained: expect.stringContaining('research'), draws: false })
    expect(formats.find(({ name }) => name === 'folders')).toMatchObject({ obtained: null })
    expect(formats.find(({ name }) => name === 'synthetic')!.draws).toBe(true)
    expect(formats.find(({ name }) => name === 'csv')!.options.map(({ name }) => name)).toContain('protocol')
  })

  it('that cannot read the lists of a folder say why instead of a share', async () => {
    const folder = join(data.folder, 'tables')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.jpg'), '')
    writeFileSync(join(folder, 'labels.csv'), 'name,class\na.jpg,1\n')
    const csv = (await data.call('datasets.recognise', { path: folder })).formats.find(({ name }) => name === 'csv')!
    expect(csv.explained).toBeNull()
    expect(csv.problem).toMatchObject({ message: expect.stringContaining('path'), hint: expect.any(String) })
  })
})
