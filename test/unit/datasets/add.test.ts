import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { makeFolder, probe } from './folder.ts'

const into = mkdtempSync(path.join(tmpdir(), 'facet-packs-'))
const utk = ['10_0_0_20161220222308131.jpg.chip.jpg', '30_1_2_20161220222308132.jpg.chip.jpg', '61_1_20170109142408075.jpg.chip.jpg']

describe('adding a data set', () => {
  it('seals samples with size and content hash, and the rejected with reasons', async () => {
    const root = makeFolder([
      ...utk,
      '40_1_2_20161220222308000-broken.jpg',
      'README.md',
      'program.exe',
    ])
    writeFileSync(path.join(root, utk[0]!), 'abc')
    writeFileSync(path.join(root, '50_1_2_20161220222308999.jpg'), '')
    const { file, fingerprint, summary } = await addDataset({ path: root, into, probe })
    const pack = openDataset(file)
    expect(pack.meta).toMatchObject({
      format: 'utkface',
      root,
      fingerprint,
      aligned: false,
    })
    expect(pack.samples().map(({ path }) => path)).toEqual(utk.slice(0, 2))
    expect(pack.indexesOf([utk[1]!, 'no-such.jpg', utk[0]!])).toEqual(new Map([[utk[0], 0], [utk[1], 1]]))
    expect(pack.count).toBe(2)
    // the test vector of FIPS 180-2 for "abc"
    expect(pack.hash(0)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(pack.hashes()).toHaveLength(2)
    expect(() => pack.hash(2)).toThrow('sample 2 of a data set with 2')
    expect(pack.rejected()).toEqual([
      { path: '40_1_2_20161220222308000-broken.jpg', reason: 'cannot be decoded' },
      { path: '50_1_2_20161220222308999.jpg', reason: 'file is empty (0 bytes)' },
      { path: utk[2], reason: 'name has 3 fields where age_gender_race_datetime has 4' },
      { path: 'program.exe', reason: 'is no image by its name' },
    ])
    expect(summary).toMatchObject({
      samples: 2,
      rejected: 4,
      labels: {
        gender: { male: 1, female: 1 },
        age: { lowest: 10, highest: 30 },
      },
    })
    pack.close()
  })

  it('gives the same folder elsewhere the same fingerprint, and another content another one', async () => {
    const one = makeFolder(utk)
    const two = makeFolder(utk)
    const first = await addDataset({ path: one, into, probe })
    const second = await addDataset({ path: two, into, probe })
    expect(second.fingerprint).toBe(first.fingerprint)
    writeFileSync(path.join(two, utk[0]!), 'another photograph')
    expect((await addDataset({ path: two, into, probe })).fingerprint).not.toBe(first.fingerprint)
    expect((await addDataset({
      path: one,
      into,
      probe,
      options: {
        ageEdges: [18],
      },
    })).fingerprint).not.toBe(first.fingerprint)
  })

  it('writes a damaged pack anew', async () => {
    const root = makeFolder(utk)
    const { file } = await addDataset({ path: root, into, probe })
    writeFileSync(file, 'no database')
    expect(() => openDataset(file)).toThrow('no data set pack of version 1')
    await addDataset({ path: root, into, probe })
    expect(openDataset(file).count).toBe(2)
  })

  it('says what a folder looks like when it is not what its format says', async () => {
    const fgnet = makeFolder(['001A02.JPG', '001A05.JPG'])
    const error = await addDataset({
      path: fgnet,
      format: 'utkface',
      into,
      probe,
    }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'bad-input', message: 'This is no utkface folder: 0 of 2 images are named age_gender_race_datetime.', hint: 'It looks like fgnet: 2 of 2 images are named subject A age (078A11.JPG).' })
  })

  it('guesses the format that a misspelt name means', async () => {
    await expect(addDataset({
      path: makeFolder(utk),
      format: 'utkfaces',
      into,
      probe,
    })).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('Did you mean "utkface"?'),
    })
  })

  it('names the options of the format when one is misspelt', async () => {
    await expect(addDataset({
      path: makeFolder(utk),
      options: {
        ageEdge: [3],
      },
      into,
      probe,
    })).rejects.toMatchObject({
      message: expect.stringContaining('ageEdge'),
      hint: 'Its options: ageEdges, coral.',
    })
  })

  it('refuses an empty folder, one without images and one that no format fits', async () => {
    await expect(addDataset({
      path: makeFolder({}),
      into,
      probe,
    })).rejects.toThrow('No format fits this folder: 0 images, 0 of them at its top, and 0 other files.')
    await expect(addDataset({
      path: makeFolder(['notes.txt']),
      into,
      probe,
    })).rejects.toThrow(/No format fits/)
    await expect(addDataset({
      path: makeFolder(['a.jpg', 'b.jpg', 'one.csv', 'two.csv']),
      into,
      probe,
    })).rejects.toMatchObject({
      message: 'No format fits this folder: 2 images, 2 of them at its top, and 2 other files.',
      hint: expect.stringContaining('csv (its top holds one.csv, two.csv)'),
    })
  })

  it('refuses a folder of which no image can be decoded', async () => {
    const root = makeFolder(['10_0_0_20161220222308131broken.jpg'])
    await expect(addDataset({ path: root, into, probe })).rejects.toThrow('No usable image of format utkface: 1 rejected, the first 10_0_0_20161220222308131broken.jpg: cannot be decoded.')
  })

  it('rejects a file that vanishes while the folder is read', async () => {
    const names = Array.from({ length: 80 }, (_, i) => `${10 + i}_0_0_20161220222308131.jpg`)
    const root = makeFolder(names)
    const { file, summary } = await addDataset({
      path: root,
      into,
      probe: async (paths) => {
        rmSync(path.join(root, names[79]!), { force: true })
        return await probe(paths)
      },
    })
    expect(summary).toMatchObject({ samples: 79, rejected: 1 })
    expect(openDataset(file).rejected()).toEqual([
      { path: names[79], reason: 'file cannot be read (ENOENT)' },
    ])
  })

  it('keeps nothing when it is stopped', async () => {
    const target = mkdtempSync(path.join(tmpdir(), 'facet-packs-'))
    await expect(addDataset({
      path: makeFolder(utk),
      into: path.join(target, 'packs'),
      probe,
      signal: AbortSignal.abort(),
    })).rejects.toThrow(/abort/i)
    expect(() => readFileSync(path.join(target, 'packs'))).toThrow('ENOENT')
  })
})
