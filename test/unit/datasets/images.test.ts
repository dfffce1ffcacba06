import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { probeImage } from '#worker/faces/decode.ts'

it('a folder of unusual and broken images keeps the usable ones and gives every other its reason', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'facet-images-'))
  const picture = sharp({
    create: {
      width: 40,
      height: 30,
      channels: 3,
      background: '#806040',
    },
  })
  const named = (age: number, ending: string): string => path.join(root, `${age}_0_0_20161220222308131.${ending}`)
  const jpeg = await picture.clone().jpeg().toBuffer()
  await picture.clone().jpeg().withMetadata({ orientation: 6 }).toFile(named(11, 'jpg'))
  await picture.clone().toColourspace('cmyk').jpeg().toFile(named(12, 'jpg'))
  await picture.clone().toColourspace('rgb16').png().toFile(named(13, 'png'))
  await picture.clone().png({ palette: true }).toFile(named(14, 'png'))
  await picture.clone().toColourspace('b-w').jpeg().toFile(named(15, 'jpg'))
  await picture.clone().gif().toFile(named(16, 'gif'))
  writeFileSync(named(17, 'png'), jpeg) // misnamed
  writeFileSync(named(21, 'jpg'), '')
  writeFileSync(named(22, 'jpg'), 'these are words, not pixels')
  writeFileSync(named(23, 'jpg'), jpeg.subarray(0, 12))
  writeFileSync(named(24, 'jpg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  const { file } = await addDataset({
    path: root,
    into: mkdtempSync(path.join(tmpdir(), 'facet-packs-')),
    probe: async paths => await Promise.all(paths.map(probeImage)),
  })
  const pack = openDataset(file)
  expect(pack.samples().map(({ labels }) => labels.age)).toEqual([11, 12, 13, 14, 15, 16, 17])
  expect(pack.rejected().map(({ path }) => Number(path.slice(0, 2)))).toEqual([21, 22, 23, 24])
  expect(pack.rejected().every(({ reason }) => reason.length > 8)).toBe(true)
  expect(pack.rejected()[0]!.reason).toBe('file is empty (0 bytes)')
})
