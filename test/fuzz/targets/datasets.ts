import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { parseOptions } from '#main/datasets/add.ts'
import { formats } from '#main/datasets/formats.ts'
import { byCodeUnit } from '#main/datasets/listing.ts'
import { chooseFormat } from '#main/datasets/recognise.ts'
import { changedJson, changedText, nastyText } from '../inputs.ts'
import { declareTarget } from '../target.ts'
import { scratch } from './folder.ts'

const folder = scratch('datasets')
const table = `path,age,gender,split
a.jpg,31,0,train
b.jpg,42.5,1,val
c.jpg,7,0,test
d.jpg,,1,train
`
const files: Record<string, string> = {
  'labels.csv': table,
  'pairs.txt': '2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t2\nBob\t2\tAnn\t2\n',
  'wnids.txt': 'n01443537\nn01629819\n',
  'words.txt': 'n01443537\tgoldfish\nn01629819\tsalamander\n',
  'val/val_annotations.txt': 'val_0.JPEG\tn01443537\t0\t0\t6\t6\n',
}
const names = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', '20_0_1_20170116174525125.jpg.chip.jpg', '31_1_2_201701.jpg', '078A11.JPG', '001a02b.jpg', 'Ann/Ann_0001.jpg', 'Ann/Ann_0002.jpg', 'Bob/Bob_0001.jpg', 'train/n01443537/images/n01443537_0.JPEG', 'val/images/val_0.JPEG', 'cat/1.png', 'dog/2.png']
const options: unknown[] = [{}, { units: { age: 'years' }, classification: ['gender'], regression: ['age'] }, { file: 'labels.csv', split: 'split', path: 'path' }, { ageEdges: [0, 10, 20] }, { unseen: [1] }, { task: '__proto__' }]

/** A file name as an archive of somebody else could have it; a listing has no empty parts, no "." and no "..". */
const fileName = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...names) },
  { weight: 3, arbitrary: changedText(names, ['_', '/', '.', 'A', '999', '-1', '0000', '\n', 'é']) },
  { weight: 1, arbitrary: nastyText },
).map(name => name.replaceAll('\0', '').split('/').filter(part => !['', '.', '..'].includes(part)).join('/') || 'x')

export const labelTables = declareTarget({
  name: 'label tables (CSV)',
  input: fc.record({
    text: changedText([table, table.replaceAll(',', ';'), table.replaceAll(',', '\t')], [',', ';', '\t', '"', '""', '\n', '\r\n', '\uFEFF', 'path,', 'split,', '__proto__,', 'constructor,', 'age,', '../a.jpg,', 'a.jpg,1,1,train\n', '1e999', '-', '=1+1']),
    options: changedJson(options.slice(0, 3)),
  }),
  read: ({ text, options }) => scanOne('csv', { 'labels.csv': text }, ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'labels.csv'], options),
})

export const listings = declareTarget({
  name: 'file names and lists of formats',
  input: fc.record({
    format: fc.constantFrom(...formats.map(({ name }) => name)),
    names: fc.array(fileName, { maxLength: 12 }),
    contents: fc.tuple(...Object.entries(files).map(([name, text]) => fc.option(changedText([text], ['\t', '\n', ' ', '0', '-1', '999999999', '"', 'Ann\t1\t2\n', 'n01443537\t', '\uFEFF', '__proto__'])).map(changed => [name, changed] as const))),
    options: changedJson(options),
  }),
  read: ({ format, names, contents, options }) => {
    const there = Object.fromEntries(contents.flatMap(([name, text]) => text === null ? [] : [[name, text]]))
    return scanOne(format, there, [...names, ...Object.keys(there)], options)
  },
})

async function scanOne(name: string, contents: Record<string, string>, names: string[], options: unknown): Promise<unknown> {
  const root = folder()
  for (const [file, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const listing = { root, files: [...new Set(names)].sort(byCodeUnit), refused: [] }
  for (const format of formats) {
    const { confidence } = format.recognise(listing)
    if (!(confidence >= 0 && confidence <= 1))
      throw new Error(`internal: ${format.name} is sure to ${confidence}`)
  }
  const { format } = chooseFormat(listing, name)
  const scan = await format.scan(listing, parseOptions(format, options))
  for (const { path } of scan.samples) {
    if (!listing.files.includes(path))
      throw new Error(`internal: sample "${path}" is no file of the folder`)
  }
  return JSON.parse(JSON.stringify(scan)) as unknown
}
