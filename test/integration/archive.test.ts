import type { Connection } from '#main/core.ts'
import type { Pivot } from '#shared/pivot.ts'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fingerprintOf } from '#main/datasets/fingerprint.ts'
import { checkWorkspace } from '#main/doctor/workspace.ts'
import { parseEvent, withSum } from '#shared/event-line.ts'
import { openDataset, writeDataset } from '#shared/files/dataset-pack.ts'
import { connectCounting, drawPhotographs, filesBelow, smallStudy } from './small-study.ts'

/** Archives of a study whose runs real workers have sealed; strangers' archives are made with GNU tar. */
let made: string
let folder: string
let origin: Connection
let target: Connection | null
const at = (name: string) => join(folder, name)
const photographs = () => join(made, 'photographs')
const originRoot = () => join(made, 'origin')
const input = () => smallStudy(photographs())

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'facet-test-'))
  await drawPhotographs(photographs())
  origin = await connectCounting(originRoot())
  await origin.client.call('studies.run', input())
  expect((await origin.client.call('runs.idle', { study: 'pets' })).open).toEqual([])
  await origin.client.call('studies.exportArchive', { name: 'pets', path: join(made, 'pets.tar') })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  cpSync(join(made, 'pets.tar'), at('pets.tar'))
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
const importInto = async (archive = at('pets.tar'), as?: string) => (await openTarget()).call('studies.importArchive', { path: archive, as })

/** The archive's files in a folder, to be changed and packed again. */
function unpacked() {
  mkdirSync(at('loose'))
  execFileSync('tar', ['xf', at('pets.tar'), '-C', at('loose')])
  return at('loose')
}
const names = () => execFileSync('tar', ['tf', at('pets.tar')], { encoding: 'utf8' }).trim().split('\n')
function pack(list: string[], ...options: string[]) {
  execFileSync('tar', ['cf', at('other.tar'), '--format=ustar', '-C', at('loose'), ...options, ...list])
  return at('other.tar')
}

/** Replaces the manifest of the loose files, and vouches for it as an export does. */
function putManifest(manifest: object) {
  const text = JSON.stringify(manifest)
  writeFileSync(join(at('loose'), 'facet-study.json'), text)
  writeFileSync(join(at('loose'), 'facet-study.sha256'), createHash('sha256').update(text).digest('hex'))
}

/** Gives a loose file that was changed its size and checksum in the manifest. */
function describeAnew({ files }: { files: { path: string, bytes: number, sha256: string }[] }, name: string) {
  const file = files.find(({ path }) => path === name)!
  const bytes = readFileSync(join(at('loose'), name))
  file.bytes = bytes.length
  file.sha256 = createHash('sha256').update(bytes).digest('hex')
}

/** Puts so many values of a metric called "added" into a loose event file, before its end. */
function lengthen(manifest: Parameters<typeof describeAnew>[0], name: string, count: number) {
  const events = readFileSync(join(at('loose'), name), 'utf8').trim().split('\n').map(line => parseEvent(line)!)
  const done = events.pop()!
  const added = Array.from({ length: count }, (_, i) => ({ seq: done.seq + i, time: done.time, attempt: done.attempt, type: 'metrics', step: i + 1, values: { added: i + 0.5 } }))
  writeFileSync(join(at('loose'), name), [...events, ...added, { ...done, seq: done.seq + count }].map(event => `${withSum(JSON.stringify(event))}\n`).join(''))
  describeAnew(manifest, name)
}

/** Changes the target's database from outside. */
function database(statement: string) {
  const connection = new Database(join(at('target'), 'facet.sqlite'))
  connection.exec(statement)
  connection.close()
}

/** An archive that is refused leaves a workspace as it was. */
async function refused(archive: string, problem: object) {
  const client = await openTarget()
  const before = filesBelow(at('target'))
  await expect(client.call('studies.importArchive', { path: archive })).rejects.toMatchObject(problem)
  expect(filesBelow(at('target'))).toEqual(before)
  expect(await client.call('studies.list')).toEqual([])
  expect(await client.call('runs.list', {})).toEqual([])
  expect(await client.call('datasets.list')).toEqual([])
}

describe('a study moves to another workspace', () => {
  it('with its figures, curves, logs and checksums, and everything of it is cached there', async () => {
    const { runs, known, recipe, notes } = await importInto()
    const client = await openTarget()
    const listed = await origin.client.call('runs.list', {})
    expect({ runs, known, notes }).toEqual({ runs: listed.length, known: 0, notes: [] })
    const plan = await client.call('studies.plan', { path: recipe, text: readFileSync(recipe, 'utf8') })
    expect(plan).toMatchObject({ cached: listed.length, toDo: 0, blocked: 0 })
    expect((await client.call('tables.get', { name: 'target', study: 'pets' })).table.rows).toEqual((await origin.client.call('tables.get', { name: 'target', study: 'pets' })).table.rows)
    for (const { key, durationMs, label } of listed) {
      expect(await client.call('runs.metrics', { key })).toEqual(await origin.client.call('runs.metrics', { key }))
      expect(await client.call('runs.get', { key })).toMatchObject({ state: 'done', durationMs, label })
    }
    expect((await checkWorkspace(at('target'), { isThorough: true })).filter(({ verdict }) => verdict === 'problem' || verdict === 'warning')).toEqual([])
    expect(await client.call('studies.run', { path: recipe, text: readFileSync(recipe, 'utf8') })).toMatchObject({ queued: 0 })
  })

  it('where the photographs are not: what is computed stays of use', async () => {
    renameSync(photographs(), at('elsewhere'))
    try {
      const { recipe } = await importInto()
      expect(await (await openTarget()).call('studies.plan', { path: recipe, text: readFileSync(recipe, 'utf8') })).toMatchObject({ toDo: 0, blocked: 0 })
    }
    finally {
      renameSync(at('elsewhere'), photographs())
    }
  })

  it('from an archive of the first format, which held no teachers', async () => {
    unpacked()
    const manifest = JSON.parse(readFileSync(join(at('loose'), 'facet-study.json'), 'utf8')) as { format: string, teachers?: object[], tables?: object[] }
    expect(manifest).toMatchObject({ format: 'facet-study-3', teachers: [], tables: [] })
    manifest.format = 'facet-study-1'
    delete manifest.teachers
    delete manifest.tables
    putManifest(manifest)
    expect(await importInto(pack(names()))).toMatchObject({ study: 'pets', known: 0, notes: [] })
  })

  it('with its saved tables, checked as if they were saved there; one of the same name that is another one stays', async () => {
    const name = 'Ages by seed'
    const pivot: Pivot = { rows: ['knowledge'], columns: ['method', 'seed'], filter: {} }
    const selection = { study: 'pets', name: 'free', pivot }
    unpacked()
    const plain = JSON.parse(readFileSync(join(at('loose'), 'facet-study.json'), 'utf8')) as object
    await origin.client.call('tables.save', { name, selection })
    try {
      await origin.client.call('studies.exportArchive', { name: 'pets', path: at('tables.tar') })
    }
    finally {
      await origin.client.call('tables.removeSaved', { name })
    }
    const client = await openTarget()
    expect(await importInto(at('tables.tar'))).toMatchObject({ notes: [] })
    const [saved] = await client.call('tables.saved')
    expect(saved).toMatchObject({ name, hasStudy: true, selection: { study: 'pets', name: 'free', pivot } })
    const { table } = await client.call('tables.build', saved!.selection)
    expect(table.rows.length).toBeGreaterThan(0)
    // the same again is the same; under another name, or where another one has the name, it stays
    expect(await importInto(at('tables.tar'))).toMatchObject({ notes: ['All of it was here already: nothing has changed.'] })
    expect(await importInto(at('tables.tar'), 'again')).toMatchObject({ notes: [`The saved table "${name}" of this workspace is another one; the archive's is left out.`] })
    expect(await client.call('tables.saved')).toEqual([saved])
    const other = { name: 'target', paper: true, std: true }
    for (const [tables, message] of [
      [[{ name: 'time', selection: other }], 'The archive\'s saved table "time" cannot be used: "time" is a kind of table'],
      [[{ name: 'mine', selection: { ...other, name: 'nothing' } }], 'cannot be used: There is no table "nothing".'],
      [[{ name: 'mine', selection: other }, { name: 'mine', selection: other }], 'it is there twice.'],
      [[{ name: '../mine', selection: other }], 'tables[0].name'],
      [[{ name: 'mine', selection: { ...other, study: 'pets' } }], 'tables[0].selection'],
    ] as const) {
      putManifest({ ...plain, tables })
      await expect(importInto(pack(names()))).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(message) as unknown })
    }
    expect(await client.call('tables.saved')).toEqual([saved])
  })

  it('as a plain tar that other programs read', () => {
    const [manifest, sum, ...files] = names()
    expect([manifest, sum]).toEqual(['facet-study.json', 'facet-study.sha256'])
    expect(files.length).toBeGreaterThan(5)
    const loose = unpacked()
    for (const file of files)
      expect(readFileSync(join(loose, file)).equals(readFileSync(join(originRoot(), file)))).toBe(true)
  })

  it('twice and under another name, without a file more', async () => {
    await importInto()
    const before = filesBelow(at('target'))
    expect(await importInto()).toMatchObject({ runs: 0, known: before.filter(file => file.endsWith('events.ndjson')).length })
    expect(filesBelow(at('target'))).toEqual(before)
    expect(await importInto(undefined, 'again')).toMatchObject({ study: 'again', runs: 0 })
    expect((await (await openTarget()).call('studies.list')).map(({ name }) => name).sort()).toEqual(['again', 'pets'])
  })

  it('into the workspace that it came from: all of it is there already, and nothing changes', async () => {
    const text = `variables: { where: null }\n${input().text.replace(photographs(), 'photographs')}`
    const set = ['variables.where=here', 'stages.transfer.epochs=3']
    const client = await openTarget()
    await client.call('studies.run', { path: join(made, 'other.yaml'), text, set, seeds: [1] }) // a relative folder, and settings beside the recipe
    await client.call('runs.idle', { study: 'pets' })
    await client.call('studies.exportArchive', { name: 'pets', path: at('own.tar') })
    await client.call('studies.save', { name: 'pets', text: `# edited since\n${text}` })
    const before = { files: filesBelow(at('target')), study: await client.call('studies.get', { name: 'pets' }), studies: await client.call('studies.list') }
    expect(await importInto(at('own.tar'))).toEqual({ study: 'pets', runs: 0, known: before.study.runs.length, recipe: join(at('target'), 'recipes', 'pets.yaml'), notes: ['All of it was here already: nothing has changed.'] })
    expect({ files: filesBelow(at('target')), study: await client.call('studies.get', { name: 'pets' }), studies: await client.call('studies.list') }).toEqual(before)
    await expect(importInto()).rejects.toMatchObject({ code: 'conflict', message: 'There is a study "pets" already, and it is another one: its recipe differs.' })
  })

  it('over a run that was left unfinished there: the archive tells all of it', async () => {
    const client = await openTarget()
    await client.call('studies.run', { ...input(), seeds: [0] })
    await client.call('runs.idle', {})
    const [run] = await client.call('runs.list', {})
    rmSync(join(at('target'), 'artefacts'), { recursive: true }) // all artefacts are lost
    mkdirSync(join(at('target'), 'artefacts'))
    await client.call('studies.delete', { name: 'pets' })
    expect(await importInto()).toMatchObject({ known: 0 })
    expect(await client.call('runs.get', { key: run!.key })).toMatchObject({ state: 'done' })
    expect(existsSync(join(at('target'), 'trash'))).toBe(true)
  })
})

it('the host answers while it takes in days of metrics', async () => {
  const client = await openTarget()
  unpacked()
  const list = names()
  const manifest = JSON.parse(readFileSync(join(at('loose'), list[0]!), 'utf8')) as Parameters<typeof describeAnew>[0]
  const long = list.filter(name => name.endsWith('events.ndjson'))
  for (const events of long)
    lengthen(manifest, events, 20_000)
  putManifest(manifest)
  const archive = pack(list)
  const startMs = performance.now()
  const importing = importInto(archive)
  let longestMs = 0
  let answeredMs = startMs
  const wait = () => {
    longestMs = Math.max(longestMs, performance.now() - answeredMs)
    answeredMs = performance.now()
  }
  while (await Promise.race([importing, sleep(5)]) === undefined) {
    await client.call('runs.list', {})
    wait()
  }
  wait()
  const { runs } = await importing
  expect(longestMs).toBeLessThan((performance.now() - startMs) / 2)
  expect(runs).toBe(long.length)
  for (const { key } of await client.call('runs.list', {})) {
    const { values } = (await client.call('runs.metrics', { key })).added!
    expect(values).toHaveLength(20_000)
    expect(values.slice(0, 3)).toEqual([0.5, 1.5, 2.5])
  }
})

it('what a host that was killed between two turns leaves is completed by the same import', async () => {
  const client = await openTarget()
  const { runs, recipe } = await importInto()
  const whole = filesBelow(at('target'))
  // Before the last turn some runs are recorded, the files of all lie in their places, and nothing speaks of the study.
  const [first] = await client.call('runs.list', {})
  await client.call('studies.delete', { name: 'pets' })
  await client.call('datasets.remove', { name: 'pets' })
  database(`delete from runs where key = '${first!.key}'`)
  expect((await checkWorkspace(at('target'), { isThorough: true })).filter(({ verdict }) => verdict === 'problem' || verdict === 'warning')).toEqual([])
  const left = await client.call('gc.preview')
  expect(left.runs).toBe(runs - 1)
  expect(left.items.map(({ path }) => path)).toEqual(expect.arrayContaining((await client.call('runs.list', {})).map(({ key }) => expect.stringContaining(key) as string)))
  expect(new Set(left.items.map(({ why }) => why))).toEqual(new Set(['no data set and no study refers to it', 'no study refers to it']))
  expect(await importInto()).toMatchObject({ runs: 1, known: runs - 1 })
  expect(filesBelow(at('target')).filter(file => !file.startsWith('trash'))).toEqual(whole)
  expect(await client.call('studies.plan', { path: recipe, text: readFileSync(recipe, 'utf8') })).toMatchObject({ cached: runs, toDo: 0 })
  expect(await client.call('gc.preview')).toMatchObject({ runs: 0 })
})

it('what a host that was killed between two turns leaves is removed by gc where nobody imports it again', async () => {
  const client = await openTarget()
  const empty = filesBelow(at('target'))
  await importInto()
  await client.call('studies.delete', { name: 'pets' })
  await client.call('datasets.remove', { name: 'pets' })
  await client.call('gc.run')
  expect(await client.call('runs.list', {})).toEqual([])
  expect(await client.call('gc.preview')).toEqual({ items: [], bytes: 0, runs: 0 })
  expect(filesBelow(at('target')).filter(file => !empty.includes(file) && /artefacts|runs/.test(file))).toEqual([])
  expect((await checkWorkspace(at('target'), { isThorough: true })).filter(({ verdict }) => verdict === 'problem' || verdict === 'warning')).toEqual([])
})

describe('what is refused leaves nothing behind', () => {
  it('an archive that is cut short, at whatever place', async () => {
    const whole = readFileSync(at('pets.tar'))
    for (const length of [0, 100, 5000, whole.length >> 1, whole.length - 1500, whole.length - 512]) {
      writeFileSync(at('short.tar'), whole.subarray(0, length))
      await refused(at('short.tar'), { code: 'bad-input', message: expect.stringMatching(/cut short/) })
    }
  })

  it('one bit changed in any file, or in what names it', async () => {
    const whole = readFileSync(at('pets.tar'))
    const client = await openTarget()
    const before = filesBelow(at('target'))
    for (let header = 0; header < whole.length - 1024;) {
      const size = Number.parseInt(whole.toString('latin1', header + 124, header + 135), 8)
      for (const place of size > 0 ? [header + 130, header + 512 + (size >> 1)] : [header + 3]) {
        const changed = Buffer.from(whole)
        changed[place]! ^= 1
        writeFileSync(at('changed.tar'), changed)
        await expect(client.call('studies.importArchive', { path: at('changed.tar') }), `byte ${place}`).rejects.toMatchObject({ code: 'bad-input' })
      }
      header += 512 + Math.ceil(size / 512) * 512
    }
    expect(filesBelow(at('target'))).toEqual(before)
    expect(await client.call('studies.list')).toEqual([])
  })

  it('links, names that leave the folder, files of nobody, files in another order', async () => {
    const loose = unpacked()
    const [manifest, sum, ...files] = names()
    writeFileSync(join(folder, 'secret'), 'x')
    symlinkSync('/etc/passwd', join(loose, 'link'))
    writeFileSync(join(loose, 'more'), 'x')
    await refused(pack([manifest!, sum!, 'link', ...files]), { code: 'bad-input', message: expect.stringContaining('no plain file') })
    await refused(pack([manifest!, sum!, '../secret', ...files], '-P'), { code: 'bad-input', message: expect.stringContaining('leaves the folder') })
    await refused(pack([manifest!, sum!, join(folder, 'secret'), ...files], '-P'), { code: 'bad-input', message: expect.stringContaining('leaves the folder') })
    await refused(pack([manifest!, sum!, 'more', ...files]), { code: 'bad-input', message: expect.stringContaining('has more (1 bytes) where its manifest names') })
    await refused(pack([manifest!, sum!, ...files, 'more']), { code: 'bad-input', message: expect.stringContaining('names nothing more') })
    await refused(pack([manifest!, sum!, ...files.slice(1), files[0]!]), { code: 'bad-input' })
    await refused(pack([...files, sum!, manifest!]), { code: 'bad-input', message: expect.stringContaining('does not begin with facet-study.json') })
    await refused(pack([manifest!, sum!, ...files.slice(0, -1)]), { code: 'bad-input', message: expect.stringContaining('ends before') })
  })

  it('a manifest of another version, of made up sizes, of paths that are none of its runs', async () => {
    const loose = unpacked()
    const list = names()
    const manifest = JSON.parse(readFileSync(join(loose, list[0]!), 'utf8')) as { format: string, facet: string, files: { path: string, bytes: number }[], runs: { key: string }[], study: { detail: { datasets: { fingerprint: string }[] } } }
    const changed = (change: (copy: typeof manifest) => void) => {
      const copy = structuredClone(manifest)
      change(copy)
      putManifest(copy)
      return pack(list)
    }
    await refused(changed((copy) => { Object.assign(copy, { format: 'facet-study-4', facet: '9.0.0' }) }), { code: 'conflict', message: 'The archive was written by Facet 9.0.0 as "facet-study-4"; this version reads "facet-study-1", "facet-study-2", "facet-study-3".' })
    await refused(changed((copy) => { copy.files[0]!.bytes = 1e15 }), { code: 'bad-input', message: expect.stringContaining('sizes are made up') })
    await refused(changed((copy) => { copy.files[0]!.path = '../../outside' }), { code: 'bad-input', message: expect.stringContaining('belongs to none of its runs') })
    await refused(changed((copy) => { copy.files[0]!.path = 'facet.sqlite' }), { code: 'bad-input', message: expect.stringContaining('belongs to none of its runs') })
    await refused(changed((copy) => { copy.runs[0]!.key = '../../../../etc' }), { code: 'bad-input', message: expect.stringContaining('not what it should be') })
    await refused(changed((copy) => { copy.files.find(({ path }) => path.startsWith('artefacts/models/'))!.path += '/../../../facet.sqlite' }), { code: 'bad-input', message: expect.stringContaining('belongs to none of its runs') })
    await refused(changed((copy) => { copy.study.detail.datasets[0]!.fingerprint = '.*' }), { name: 'FacetError', code: 'bad-input', message: expect.stringMatching(/facet-study\.json is not what it should be.*study\.detail\.datasets\[0\]\.fingerprint/s), where: at('other.tar') })
    await refused(changed((copy) => { copy.runs.pop() }), { code: 'bad-input' })
    await refused(changed((copy) => { Object.assign(copy, { __proto__: null, extra: 1 }) }), { code: 'bad-input', message: expect.stringContaining('not what it should be') })
    await expect(importInto(at('nothing.tar'))).rejects.toMatchObject({ code: 'not-found' })
    symlinkSync(at('pets.tar'), at('linked.tar'))
    await refused(at('linked.tar'), { code: 'bad-input', message: 'This is no file.' })
  })

  it('a data set whose photographs lie outside of its folder, by their names or by a link', async () => {
    const loose = unpacked()
    const list = names()
    const labels = list.find(name => name.startsWith('artefacts/datasets/'))!
    const { meta, samples, pairs } = (() => {
      const opened = openDataset(join(loose, labels))
      try {
        return { meta: opened.meta, samples: opened.packed(), pairs: opened.pairs() }
      }
      finally {
        opened.close()
      }
    })()
    samples[0]!.path = '../secret.png'
    const fingerprint = fingerprintOf(meta, samples, pairs)
    const changed = labels.replace(meta.fingerprint, fingerprint)
    writeDataset(join(loose, changed), { meta: { ...meta, fingerprint }, samples, rejected: [], pairs })
    const manifest = JSON.parse(readFileSync(join(loose, list[0]!), 'utf8').replaceAll(meta.fingerprint, fingerprint)) as { files: { path: string, bytes: number, sha256: string }[] }
    describeAnew(manifest, changed)
    putManifest(manifest)
    await refused(pack(list.map(name => name === labels ? changed : name)), { code: 'bad-input', message: `The photograph of "pets" "../secret.png" leaves the folder ${photographs()}.`, where: at('other.tar') })
    renameSync(join(photographs(), 'cats'), at('elsewhere'))
    symlinkSync(at('elsewhere'), join(photographs(), 'cats'))
    try {
      await refused(at('pets.tar'), { code: 'bad-input', message: `The photograph of "pets" "cats/a.png" leads by a symbolic link out of the folder ${photographs()}.` })
    }
    finally {
      rmSync(join(photographs(), 'cats'))
      renameSync(at('elsewhere'), join(photographs(), 'cats'))
    }
  })

  it('events that do not say that the run was finished undo everything', async () => {
    const loose = unpacked()
    const list = names()
    const events = list.findLast(name => name.endsWith('events.ndjson'))!
    const lines = readFileSync(join(loose, events), 'utf8').split('\n').filter(line => !line.includes('"type":"done"'))
    writeFileSync(join(loose, events), lines.join('\n'))
    const manifest = JSON.parse(readFileSync(join(loose, list[0]!), 'utf8')) as { files: { path: string, bytes: number, sha256: string }[] }
    describeAnew(manifest, events)
    putManifest(manifest)
    await refused(pack(list), { code: 'bad-input', message: expect.stringContaining('do not say that it was finished') })
  })

  it.each([
    ['the data sets cannot be recorded', () => database('create trigger no before insert on datasets begin select raise(abort, \'no room for data sets\'); end'), () => database('drop trigger no'), 'no room for data sets'],
    ['the study cannot be recorded', () => database('create trigger no before insert on study_runs begin select raise(abort, \'no room for studies\'); end'), () => database('drop trigger no'), 'no room for studies'],
    ['the recipe cannot be written', () => symlinkSync(at('nowhere/recipes'), join(at('target'), 'recipes')), () => rmSync(join(at('target'), 'recipes')), 'ENOENT'],
  ])('anything, where %s: the workspace is as before, and the same archive is taken in afterwards', async (_why, harm, mend, message) => {
    await openTarget()
    harm()
    await refused(at('pets.tar'), { message: expect.stringContaining(message) })
    mend()
    const { runs, recipe } = await importInto()
    expect(await (await openTarget()).call('studies.plan', { path: recipe, text: readFileSync(recipe, 'utf8') })).toMatchObject({ cached: runs, toDo: 0 })
    expect((await checkWorkspace(at('target'), { isThorough: true })).filter(({ verdict }) => verdict === 'problem' || verdict === 'warning')).toEqual([])
  })

  it('a run that starts while the archive is unpacked: it goes on in its own folder', async () => {
    const client = await openTarget()
    await client.call('studies.run', input())
    for (const { key } of await client.call('runs.list', {}))
      await client.call('runs.stop', { key }).catch(() => {}) // one that is done already
    await client.call('runs.idle', {})
    const cancelled = (await client.call('runs.list', {})).find(({ state }) => state === 'cancelled')!
    unpacked()
    const list = names()
    const manifest = JSON.parse(readFileSync(join(at('loose'), list[0]!), 'utf8')) as Parameters<typeof describeAnew>[0]
    for (const log of list.filter(name => name.endsWith('log.txt'))) { // large, so that it takes a while
      writeFileSync(join(at('loose'), log), Buffer.alloc(16 << 20, log))
      describeAnew(manifest, log)
    }
    putManifest(manifest)
    const importing = expect(importInto(pack(list))).rejects.toMatchObject({ code: 'conflict', message: `The run "${cancelled.label}" was taken up here while the archive was read.` })
    while (!readdirSync(at('target')).some(name => name.startsWith('import-')))
      await setImmediate()
    await client.call('runs.resume', { key: cancelled.key })
    await importing
    await client.call('runs.idle', {})
    expect(await client.call('runs.get', { key: cancelled.key })).toMatchObject({ state: 'done' })
    expect(existsSync(join(at('target'), 'trash'))).toBe(false)
  })

  it('a run that is here with another artefact, a study that is another one, and a disk that is too small', async () => {
    await importInto()
    const client = await openTarget()
    const [artefact] = readdirSync(join(at('target'), 'artefacts', 'models'))
    const file = join(at('target'), 'artefacts', 'models', artefact!, 'sum.txt')
    const before = readFileSync(file)
    writeFileSync(file, '7')
    await expect(importInto()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('its artefact is another one than the archive\'s') })
    writeFileSync(file, before)
    const { text, path } = await client.call('studies.open', { name: 'pets' })
    await client.call('studies.delete', { name: 'pets' })
    await client.call('studies.create', { name: 'pets', text: `# mine\n${text}` })
    await expect(importInto()).rejects.toMatchObject({ code: 'conflict', hint: expect.stringContaining('--as NAME') })
    expect(readFileSync(path, 'utf8')).toBe(`# mine\n${text}`)
    await target!.close()
    target = await connectCounting(at('small'), () => 1e9)
    await expect(importInto()).rejects.toMatchObject({ code: 'disk' })
  })
})

it('a study of the same recipe with other runs is refused under its name, and taken in under another', async () => {
  // Another photograph under the same path: the recipe's text is the same, every key is another one.
  const photograph = join(photographs(), 'cats', 'a.png')
  const before = readFileSync(photograph)
  copyFileSync(join(photographs(), 'dogs', 'c.png'), photograph)
  try {
    const client = await openTarget()
    await client.call('studies.run', input())
    await client.call('runs.idle', { study: 'pets' })
    const study = await client.call('studies.get', { name: 'pets' })
    const rows = async () => (await client.call('tables.get', { name: 'target', study: 'pets' })).table.rows
    const figures = await rows()
    await expect(importInto()).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/^There is a study "pets" already, and it is another one: of the same recipe, it has other runs/), hint: expect.stringContaining('--as NAME') })
    expect(await client.call('studies.get', { name: 'pets' })).toEqual(study)
    expect(await rows()).toEqual(figures)
    expect(await importInto(undefined, 'theirs')).toMatchObject({ study: 'theirs', known: 0 })
    expect(await client.call('studies.get', { name: 'pets' })).toEqual(study)
  }
  finally {
    writeFileSync(photograph, before)
  }
})

describe('an export', () => {
  it('replaces no file, and leaves none where an artefact is damaged', async () => {
    await expect(origin.client.call('studies.exportArchive', { name: 'pets', path: at('pets.tar') })).rejects.toMatchObject({ code: 'conflict' })
    const [artefact] = readdirSync(join(originRoot(), 'artefacts', 'models'))
    const file = join(originRoot(), 'artefacts', 'models', artefact!, 'sum.txt')
    const before = readFileSync(file)
    for (const damage of [before.subarray(1), Buffer.from(before).fill(0x37)]) {
      writeFileSync(file, damage)
      await expect(origin.client.call('studies.exportArchive', { name: 'pets', path: at('damaged.tar') })).rejects.toMatchObject({ code: 'conflict' })
    }
    renameSync(file, `${file}.gone`)
    await expect(origin.client.call('studies.exportArchive', { name: 'pets', path: at('damaged.tar') })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('cannot be read (ENOENT'), where: file })
    renameSync(`${file}.gone`, file)
    writeFileSync(file, before)
    expect(readdirSync(folder)).toEqual(['pets.tar'])
  })

  it('says what stands in the way of its file', async () => {
    for (const [path, why] of [[at('pets.tar/pets.tar'), 'EEXIST'], [at(`${'n'.repeat(300)}.tar`), 'ENAMETOOLONG']])
      await expect(origin.client.call('studies.exportArchive', { name: 'pets', path: path! })).rejects.toMatchObject({ code: 'disk', message: expect.stringContaining(`could not be written (${why}`), where: path })
    expect(readdirSync(folder)).toEqual(['pets.tar'])
  })
})
