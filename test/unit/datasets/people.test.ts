import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formats } from '#main/datasets/formats.ts'
import { listFiles } from '#main/datasets/listing.ts'
import { makeFolder, reasonsOf, samplesOf, scan } from './folder.ts'
import { emotionetFolder, unbcFolder, vggface2Folder } from './layouts.ts'

describe('unbc', () => {
  const frame = (i: number): string => `047-jl047/jl047t1aaunaff/jl047t1aaunaff00${i}`

  it('reads the pain of each frame and leaves one person out in turn', async () => {
    const result = await scan('unbc', unbcFolder())
    expect(result.samples.filter(({ subject }) => subject === '047-jl047').map(({ labels }) => labels)).toEqual([{ pain: 3 }, { pain: 0 }, { pain: 3 }, { pain: 0 }])
    expect(result.samples.every(({ split }) => split === null)).toBe(true)
    expect([...new Set(result.samples.filter(({ unseen }) => unseen).map(({ subject }) => subject))]).toEqual(['042-ll042'])
    expect(result.tasks).toEqual({ pain: { kind: 'regression', label: 'pain', unit: 'PSPI', range: [0, 16], protocol: 'subjects' } })
    expect(result.notes).toEqual(expect.arrayContaining(['2 of 8 frames show pain (PSPI above 0).', '8 of the 48,398 frames of the whole data set are here.', '2 of the 25 subjects of the whole data set are here.']))
  })

  it('reads action units where they are asked for: absent ones are 0', async () => {
    const { samples, tasks } = await scan('unbc', unbcFolder(), { actionUnits: true, unseenSubjects: ['047-JL047'] })
    expect(samples.find(({ path }) => path.includes(frame(1)))!.labels).toEqual({ pain: 3, au4: 2, au6: 0, au7: 0, au9: 0, au10: 0, au12: 0, au20: 0, au25: 0, au26: 0, au43: 1 })
    expect(tasks.au43).toMatchObject({ range: [0, 1], protocol: 'subjects' })
    expect(samples.filter(({ unseen }) => unseen)).toHaveLength(4)
  })

  it('rejects frames whose label is missing, no number, out of range or far too long', async () => {
    const { [`Frame_Labels/PSPI/${frame(4)}_facs.txt`]: _, ...files } = unbcFolder()
    const result = await scan('unbc', {
      ...files,
      [`Frame_Labels/PSPI/${frame(1)}_facs.txt`]: '17',
      [`Frame_Labels/PSPI/${frame(2)}_facs.txt`]: 'none',
      [`Frame_Labels/PSPI/${frame(3)}_facs.txt`]: '0'.repeat(10_000),
      'Images/042/x.png': 'x',
    })
    expect(reasonsOf(result)).toEqual({
      [`Images/${frame(1)}.png`]: `Frame_Labels/PSPI/${frame(1)}_facs.txt says "17", which is no PSPI from 0 to 16`,
      [`Images/${frame(2)}.png`]: `Frame_Labels/PSPI/${frame(2)}_facs.txt says "none", which is no PSPI from 0 to 16`,
      [`Images/${frame(3)}.png`]: `Frame_Labels/PSPI/${frame(3)}_facs.txt has 10000 bytes: it is no label of one frame`,
      [`Images/${frame(4)}.png`]: `Frame_Labels/PSPI/${frame(4)}_facs.txt is not there`,
      'Images/042/x.png': 'lies in no folder Images/SUBJECT/SEQUENCE with a subject like 042-ll042',
    })
    const odd = await scan('unbc', { ...unbcFolder(), [`Frame_Labels/FACS/${frame(1)}_facs.txt`]: '4 6 0 0\n' }, { actionUnits: true })
    expect(reasonsOf(odd)).toEqual({ [`Images/${frame(1)}.png`]: `Frame_Labels/FACS/${frame(1)}_facs.txt line 1: intensity 6 of action unit 4 is not 0 to 5` })
  })

  it('reads no label through a pipe or a link that leads out of the folder', async () => {
    const outside = mkdtempSync(path.join(tmpdir(), 'facet-secret-'))
    const folder = makeFolder(unbcFolder())
    onTestFinished(() => [outside, folder].forEach(each => rmSync(each, { recursive: true })))
    writeFileSync(path.join(outside, 'secret'), 'my secret')
    const label = (i: number): string => path.join(folder, `Frame_Labels/PSPI/${frame(i)}_facs.txt`)
    for (const i of [1, 2])
      rmSync(label(i))
    execFileSync('mkfifo', [label(1)])
    symlinkSync(path.join(outside, 'secret'), label(2))
    const format = formats.find(({ name }) => name === 'unbc')!
    const result = await format.scan(await listFiles(folder), format.options.parse({}))
    expect(reasonsOf(result)).toMatchObject({
      [`Images/${frame(1)}.png`]: `Frame_Labels/PSPI/${frame(1)}_facs.txt is not there`,
      [`Images/${frame(2)}.png`]: `Frame_Labels/PSPI/${frame(2)}_facs.txt is not there`,
    })
    expect(result.samples).toHaveLength(6)
  })
})

describe('vggface2', () => {
  const partsOf = async (options: unknown, files = vggface2Folder()): Promise<{ byPerson: Record<string, Record<string, number>>, result: Awaited<ReturnType<typeof scan>> }> => {
    const result = await scan('vggface2', files, options)
    const byPerson = Object.fromEntries([...Map.groupBy(result.samples, ({ subject }) => subject!)].map(([person, samples]) => [person, Object.fromEntries([...Map.groupBy(samples, ({ split }) => String(split))].map(([split, all]) => [split, all.length]))]))
    return { byPerson, result }
  }

  it('makes a class of each person of train, each in all parts, and holds the people of test out of everything', async () => {
    const { byPerson, result } = await partsOf({})
    expect(byPerson).toEqual({ n000001: { null: 4 }, n000002: { train: 18, validation: 1, test: 1 }, n000003: { train: 18, validation: 1, test: 1 }, n000004: { train: 18, validation: 1, test: 1 } })
    expect(result.tasks).toEqual({ identity: { kind: 'classification', label: 'identity', classes: ['n000002', 'n000003', 'n000004'], protocol: 'split' } })
    expect(samplesOf(result)['data/train/n000003/0001_01.jpg']!.labels).toEqual({ identity: 1 })
    expect(result.samples.filter(({ unseen }) => unseen).every(({ subject, labels }) => subject === 'n000001' && Object.keys(labels).length === 0)).toBe(true)
    expect(result.notes.join(' ')).toContain('64 of the 3,311,286 images')
  })

  it('takes a photograph once where its crop lies beside it, so that no part gets one and another the other', async () => {
    const crops = Object.fromEntries(Object.entries(vggface2Folder()).filter(([file]) => file.startsWith('data/train/')).map(([file]) => [file.replace('data/train/', 'data/train_mtcnnpy_182/'), `crop ${file}`]))
    const { byPerson, result } = await partsOf({}, { ...vggface2Folder(), ...crops })
    expect(byPerson).toEqual((await partsOf({})).byPerson)
    expect(Object.keys(reasonsOf(result))).toHaveLength(60)
    expect(reasonsOf(result)['data/train_mtcnnpy_182/n000002/0001_01.jpg']).toBe('is data/train/n000002/0001_01.jpg once more')
  })

  it('predicts gender by person, tested on the people of test', async () => {
    const { byPerson, result } = await partsOf({ task: 'gender', validation: 0.4 })
    expect(byPerson.n000001).toEqual({ test: 4 })
    expect(Object.values(byPerson).every(parts => Object.keys(parts).length === 1)).toBe(true)
    const genderOf = (person: string): unknown => result.samples.find(({ subject }) => subject === person)!.labels.gender
    expect(['n000001', 'n000002', 'n000003', 'n000004'].map(genderOf)).toEqual([0, 1, 0, 0])
    expect(result.tasks.gender).toMatchObject({ classes: ['male', 'female'] })
  })

  it('takes at most so many faces, the same share of each person, the same ones each time', async () => {
    const { byPerson, result } = await partsOf({ faces: 30 })
    expect(Object.values(byPerson).map(parts => Object.values(parts).reduce((a, b) => a + b))).toEqual([10, 10, 10, 4])
    expect((await partsOf({ faces: 30 })).result.samples).toEqual(result.samples)
  })

  it('rejects images outside of the lists and folders, counts rows without an image, and uses no contradictory row', async () => {
    const files = vggface2Folder()
    const { 'data/train/n000002/0001_01.jpg': _, ...rest } = files
    const { result } = await partsOf({ task: 'gender' }, { ...rest, 'data/train/n000002/9999_01.jpg': 'x', 'data/loose.jpg': 'x', 'meta/identity_meta.csv': `${String(files['meta/identity_meta.csv'])}n000003, "A._A._Gill", 205, 1, f\nn000004, "x", 3, 7, m\n` })
    expect(reasonsOf(result)).toEqual({
      'data/train/n000002/9999_01.jpg': 'is not in the list train_list.txt',
      'data/loose.jpg': 'lies in no folder of a person, like n000001',
      'n000003': 'identity_meta.csv has two rows of n000003 that say different things, so neither is used',
      'identity_meta.csv line 7': expect.stringContaining('is not a person, a name'),
    })
    expect(result.samples.filter(({ subject }) => subject === 'n000003').every(({ labels }) => labels.gender === undefined)).toBe(true)
    expect(result.notes).toContain('1 rows of train_list.txt name images that are not here.')
    await expect(scan('vggface2', ['train/n000002/0001_01.jpg'])).rejects.toThrow('1 people have images to train with; at least 2 are needed.')
    await expect(scan('vggface2', ['train/n000002/0001_01.jpg'], { task: 'gender' })).rejects.toThrow('identity_meta.csv is not here')
  })
})

describe('emotionet', () => {
  const image = (i: number): string => `imgs/N_0000000001/N_0000000001_0000${i}.jpg`

  it('reads lists with and without a header; what is not coded is neither yes nor no', async () => {
    const result = await scan('emotionet', emotionetFolder())
    // units that are coded anywhere: 1, 2, 9 and 12 (the list without a header, rows 1, 2 and 9), 1 and 25 (the other)
    expect(result.tasks['action-units']).toEqual({ kind: 'attributes', label: 'action-units', attributes: ['AU1', 'AU2', 'AU12', 'AU25'], protocol: 'split' })
    const samples = samplesOf(result)
    expect(samples[image(1)]!.labels).toEqual({ 'action-units': '100-' })
    expect(samples[image(2)]!.labels).toEqual({ 'action-units': '010-' })
    expect(samples[image(3)]!.labels).toEqual({ 'action-units': '1--0' })
    expect(samples[image(4)]).toEqual({ split: null, labels: {} })
    expect(result.notes.join(' ')).toContain('1 rows of dataFile_0001.txt name images that are not here')
  })

  it('serves without labels where there is no list, and refuses lists and codes that are none', async () => {
    const bare = await scan('emotionet', [image(1), image(2), 'imgs/other.jpg'])
    expect(bare.tasks).toEqual({})
    expect(reasonsOf(bare)).toEqual({ 'imgs/other.jpg': 'name is not like N_0000000001_00001.jpg' })
    await expect(scan('emotionet', { ...emotionetFolder(), 'dataFile_0002.txt': 'a\tb\tc\n' })).rejects.toMatchObject({ where: expect.stringContaining('dataFile_0002.txt line 1'), message: expect.stringContaining('The list has 3 columns') })
    const odd = await scan('emotionet', { ...emotionetFolder(), 'labels/EmotioNet_FACS_aws_2020_24600.csv': `URL,orig,AU 1\n../../${image(1)},x,0\n${image(2)},x,2\n${image(3)},x\n` })
    expect(reasonsOf(odd)).toMatchObject({
      [image(1)]: expect.stringContaining('says something else of the image than another list'),
      [image(2)]: expect.stringContaining('action unit 1 is "2", not 0, 1 or 999'),
      [image(3)]: expect.stringContaining('it has 2 fields where 3 belong'),
    })
  })
})
