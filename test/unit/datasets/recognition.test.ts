import { describe, expect, it } from 'vitest'
import { addDataset } from '#main/datasets/add.ts'
import { formats } from '#main/datasets/formats.ts'
import { listFiles } from '#main/datasets/listing.ts'
import { recogniseFormats } from '#main/datasets/recognise.ts'
import { makeFolder, probe } from './folder.ts'
import { layouts } from './layouts.ts'

/** They read any folder that has what they need. */
const general = ['csv', 'folders', 'images']

describe('every format, on every documented folder', () => {
  it.each(layouts)('%s (%s) is recognised by itself and by no other format as surely', async (name, _, files) => {
    const listing = await listFiles(makeFolder(files()))
    const [first, second] = recogniseFormats(listing)
    expect(first).toMatchObject({ format: { name } })
    expect(first!.confidence).toBeGreaterThanOrEqual(general.includes(name) ? 0.2 : 0.8)
    expect(second!.confidence, second!.format.name).toBeLessThanOrEqual(0.5)
    expect(second!.confidence, second!.format.name).toBeLessThan(first!.confidence)
  })

  it.each(layouts)('%s (%s) is told apart when another format is asked for', async (name, _, files) => {
    const root = makeFolder(files())
    for (const other of formats.filter(format => format.name !== name && !general.includes(format.name))) {
      await expect(addDataset({ path: root, format: other.name, into: makeFolder({}), probe }), other.name).rejects.toMatchObject({ code: 'bad-input' })
    }
  })

  it('has a folder for every format', () => {
    expect(new Set(layouts.map(([name]) => name))).toEqual(new Set(formats.map(({ name }) => name)))
  })
})
