import type { Dataset } from '#shared/files/dataset-pack.ts'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { probeImage } from '#worker/faces/decode.ts'
import { dataRoot, hasData } from '../../data.ts'

async function add(name: string): Promise<Dataset & { title: string }> {
  const { file, summary } = await addDataset({
    path: path.join(dataRoot, name),
    into: mkdtempSync(path.join(tmpdir(), 'facet-packs-')),
    probe: async paths => await Promise.all(paths.map(probeImage)),
  })
  return {
    ...openDataset(file),
    title: summary.format,
  }
}

describe.skipIf(!hasData)('the sample of real photographs', () => {
  it('has 1,198 usable UTK images, split 726, 114, 358', async () => {
    const pack = await add('utkface')
    expect(pack.title).toBe('utkface')
    const splits = Map.groupBy(pack.samples(), ({ split }) => split)
    expect(['train', 'validation', 'test'].map(split => splits.get(split as 'train')!.length)).toEqual([726, 114, 358])
    expect(pack.rejected().map(({ path }) => path)).toEqual(['61_1_20170109142408075.jpg.chip.jpg', '61_3_20170109150557335.jpg.chip.jpg'])
  })

  it('holds out subjects 001, 008, 045 and 072 of FG-NET', async () => {
    const pack = await add('fgnet')
    expect(pack.title).toBe('fgnet')
    expect(pack.count).toBe(217)
    expect([
      ...new Set(pack.samples().filter(({ unseen }) => unseen).map(({ subject }) => subject)),
    ]).toEqual(['001', '008', '045', '072'])
  })

  it('holds out the 554 LFW images of folds 1 to 5', async () => {
    const pack = await add('lfw')
    expect(pack.title).toBe('lfw')
    expect(pack.samples().filter(({ unseen }) => unseen)).toHaveLength(554)
    expect(pack.pairs()).toHaveLength(600)
    expect(pack.pairs().filter(({ unseen }) => unseen)).toHaveLength(300)
    expect(pack.rejected()).toEqual([])
  })

  it('has ten classes of Tiny ImageNet, 360 to train, 40 to validate, 500 to test', async () => {
    const pack = await add('tiny-imagenet')
    expect(pack.title).toBe('tiny-imagenet')
    expect(pack.meta.aligned).toBe(true)
    const splits = Map.groupBy(pack.samples(), ({ split }) => split)
    expect(['train', 'validation', 'test'].map(split => splits.get(split as 'train')!.length)).toEqual([360, 40, 500])
  })
})
