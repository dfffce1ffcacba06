import type { Connection } from '#main/core.ts'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { writeTeacher } from '../process/small-study.ts'
import { connectCounting, drawPhotographs, filesBelow, smallStudy } from './small-study.ts'

/** A study with a teacher of one's own goes to other workspaces with it. */
let made: string
let folder: string
let origin: Connection
let target: Connection | null
const at = (name: string) => join(folder, name)
function input() {
  const { text, path } = smallStudy(join(made, 'photographs'))
  return { path, text: text.replace('[emotion]', '[emotion, one]') }
}

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'facet-test-'))
  await drawPhotographs(join(made, 'photographs'))
  origin = await connectCounting(join(made, 'origin'))
  await origin.client.call('teachers.add', { path: writeTeacher(join(made, 'teachers'), 'one', 1) })
  await origin.client.call('studies.run', input())
  expect((await origin.client.call('runs.idle', { study: 'pets' })).open).toEqual([])
  expect(await origin.client.call('studies.exportArchive', { name: 'pets', path: join(made, 'pets.tar') })).toMatchObject({ notes: [] })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  target = null
})
afterEach(async () => {
  await target?.close()
  rmSync(folder, { recursive: true })
})
afterAll(async () => {
  await origin.close()
  rmSync(made, { recursive: true })
})
async function openTarget() {
  target ??= await connectCounting(at('target'))
  return target.client
}
const importInto = async (archive = join(made, 'pets.tar')) => (await openTarget()).call('studies.importArchive', { path: archive })
const sha256 = (...parts: (string | Buffer)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')
const ownFiles = ['one.yaml', 'model.json', 'weights.bin'].map(name => `teachers/one/${name}`)

/** The archive with files of its teacher changed, vouched for as an export does: whoever forges one can as well. */
function forged(change: (loose: string) => void, more: string[] = []) {
  const loose = at('loose')
  mkdirSync(loose)
  execFileSync('tar', ['xf', join(made, 'pets.tar'), '-C', loose])
  const [yaml, model, weights] = ownFiles.map(file => join(loose, file)) as [string, string, string]
  const sums = () => [sha256(readFileSync(model), readFileSync(weights)), sha256(readFileSync(yaml), sha256(readFileSync(model), readFileSync(weights)))] as const
  const [before, keyBefore] = sums()
  change(loose)
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(before, sums()[0]))
  const manifest = JSON.parse(readFileSync(join(loose, 'facet-study.json'), 'utf8').replaceAll(keyBefore, sums()[1])) as { files: { path: string, bytes: number, sha256: string }[] }
  for (const path of more)
    manifest.files.push({ path, bytes: 0, sha256: '' })
  for (const file of manifest.files.filter(({ path }) => path.startsWith('teachers/'))) {
    const bytes = readFileSync(join(loose, file.path))
    Object.assign(file, { bytes: bytes.length, sha256: sha256(bytes) })
  }
  const text = JSON.stringify(manifest)
  writeFileSync(join(loose, 'facet-study.json'), text)
  writeFileSync(join(loose, 'facet-study.sha256'), sha256(text))
  execFileSync('tar', ['cf', at('forged.tar'), '--format=ustar', '-C', loose, 'facet-study.json', 'facet-study.sha256', ...manifest.files.map(({ path }) => path)])
  return at('forged.tar')
}

async function refused(archive: string, problem: object) {
  const client = await openTarget()
  const before = filesBelow(at('target'))
  await expect(client.call('studies.importArchive', { path: archive })).rejects.toMatchObject(problem)
  expect(filesBelow(at('target'))).toEqual(before)
  expect(await client.call('runs.list', {})).toEqual([])
}

it('the teacher comes with the study, to the bit, and everything is cached there', async () => {
  expect(execFileSync('tar', ['tf', join(made, 'pets.tar')], { encoding: 'utf8' }).split('\n').filter(name => name.startsWith('teachers/'))).toEqual(ownFiles)
  const { runs, recipe, notes } = await importInto()
  const client = await openTarget()
  expect(notes).toEqual([])
  for (const file of ownFiles)
    expect(readFileSync(join(at('target'), file)).equals(readFileSync(join(made, 'origin', file)))).toBe(true)
  expect((await client.call('teachers.list')).filter(({ origin }) => origin === 'workspace')).toMatchObject([{ name: 'one', problem: null }])
  expect(await client.call('studies.plan', { path: recipe, text: readFileSync(recipe, 'utf8') })).toMatchObject({ cached: runs, toDo: 0, blocked: 0 })
  expect(await importInto()).toMatchObject({ runs: 0, notes: ['All of it was here already: nothing has changed.'] })
  await client.call('studies.exportArchive', { name: 'pets', path: at('again.tar') })
  expect(execFileSync('tar', ['tf', at('again.tar')], { encoding: 'utf8' }).split('\n').filter(name => name.startsWith('teachers/'))).toEqual(ownFiles)
})

it('another teacher of the same name is refused, and stays', async () => {
  const client = await openTarget()
  await client.call('teachers.add', { path: writeTeacher(at('teachers'), 'one', 2) })
  await refused(join(made, 'pets.tar'), { code: 'conflict', message: 'There is a teacher "one" here already (workspace), and it is another one than the archive\'s.', where: join(at('target'), 'teachers/one/one.yaml') })
})

it('a teacher that reaches outside the graph is refused as where teachers are added', async () => {
  const archive = forged((loose) => {
    const model = join(loose, 'teachers/one/model.json')
    writeFileSync(model, readFileSync(model, 'utf8').replace('"op":"Relu"', '"op":"ReadFile"'))
  })
  await refused(archive, { code: 'bad-input', message: expect.stringMatching(/^The archive's teacher "one" cannot be used: .*"ReadFile", which reaches outside the graph/), where: archive })
})

it('a teacher whose manifest does not fit its model, or with files that are none of it, is refused', async () => {
  const wrong = forged((loose) => {
    const yaml = join(loose, 'teachers/one/one.yaml')
    writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('dimension: 8', 'dimension: 9'))
  })
  await refused(wrong, { code: 'bad-input', message: expect.stringContaining('The archive\'s teacher "one" cannot be used: '), where: wrong })
  rmSync(at('loose'), { recursive: true })
  await refused(forged(loose => writeFileSync(join(loose, 'teachers/one/more.bin'), 'x'), ['teachers/one/more.bin']), { code: 'bad-input', message: 'The archive\'s teacher "one" cannot be used: more.bin is no file of it.' })
  rmSync(at('loose'), { recursive: true })
  await refused(forged(loose => mkdirSync(join(loose, 'teachers/two')) ?? writeFileSync(join(loose, 'teachers/two/two.yaml'), 'x'), ['teachers/two/two.yaml']), { code: 'bad-input', message: 'The archive holds teachers/two/two.yaml, which belongs to none of its runs and teachers.' })
})

it('an export says which teacher is no more what the study was computed with', async () => {
  const manifest = join(made, 'origin/teachers/one/one.yaml')
  const before = readFileSync(manifest)
  appendFileSync(manifest, '# changed\n')
  try {
    expect(await origin.client.call('studies.exportArchive', { name: 'pets', path: at('changed.tar') })).toMatchObject({ notes: ['The teacher "one" is not in the archive: it has changed since the study was planned.'] })
  }
  finally {
    writeFileSync(manifest, before)
  }
  expect(await importInto(at('changed.tar'))).toMatchObject({ notes: ['This workspace has no teacher one: facet teacher add MANIFEST, before the study is planned.'] })
})
