import { Buffer } from 'node:buffer'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { parseOptions } from '#main/datasets/add.ts'
import { formats } from '#main/datasets/formats.ts'
import { byCodeUnit } from '#main/datasets/listing.ts'
import { findStruct, Malformed } from '#main/datasets/mat.ts'
import { parseNpyValue } from '#main/datasets/npy.ts'
import { chooseFormat } from '#main/datasets/recognise.ts'
import { parseArchivedPath, readArchivedImage } from '#shared/files/archived-image.ts'
import { imdbMat, npy } from '../../unit/datasets/layouts.ts'
import { changedBytes, changedJson, changedText, nastyNumber, nastyText } from '../inputs.ts'
import { declareTarget, refused } from '../target.ts'
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
  'EmoLabel/list_patition_label.txt': 'train_00001.jpg 5\ntrain_00002.jpg 4\ntest_0001.jpg 1\n',
  'training.csv': 'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n0/0123456789abcdef0123456789abcdef.jpg,1,1,2,2,0;0,3,-0.5,1\n',
  'list_attr_celeba.txt': '2\nSmiling Young\n000001.jpg 1 -1\n000002.jpg -1 -1\n',
  'list_eval_partition.txt': '000001.jpg 0\n000002.jpg 2\n',
  'Frame_Labels/PSPI/042-ll042/s/f_facs.txt': '  3.0000000e+00\n',
  'Frame_Labels/FACS/042-ll042/s/f_facs.txt': '  4  2.0 0 0\n 43 1 0 0\n',
  'identity_meta.csv': 'n000001, "A, B", 3, 1, m\nn000002, "C", 3, 1, f\n',
  'train_list.txt': 'n000001/0001_01.jpg\nn000002/0001_01.jpg\n',
  'dataFile_0001.txt': `${['http://x/N_000001_1.jpg', 'u', ...Array.from({ length: 60 }).fill('1')].join('\t')}\n`,
  'FaceImageCroppedWithAlignment.tsv': 'm.0107_f\t1\tu\tp\tFaceId-0\tAAAA\taW1hZ2Ux\nm.011_8x\t1\tu\tp\tFaceId-0\tAAAA\taW1hZ2Uy\n',
}
const names = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', '20_0_1_20170116174525125.jpg.chip.jpg', '31_1_2_201701.jpg', '078A11.JPG', '001a02b.jpg', 'Ann/Ann_0001.jpg', 'Ann/Ann_0002.jpg', 'Bob/Bob_0001.jpg', 'train/n01443537/images/n01443537_0.JPEG', 'val/images/val_0.JPEG', 'cat/1.png', 'dog/2.png', 'Image/original/train_00001.jpg', 'Image/aligned/test_0001_aligned.jpg', 'Train/Angry/Film_000519240_00000005.png', 'Val/Sad/Film_000519241_00000006.png', 'Test/image_1.png', '0/0123456789abcdef0123456789abcdef.jpg', 'img_celeba/000001.jpg', 'img_align_celeba/000002.jpg', 'Images/042-ll042/s/f.png', 'train/n000001/0001_01.jpg', 'train/n000002/0001_01.jpg', 'imgs/N_000001_1.jpg', 'm.0107_f/1-FaceId-0.jpg', 'm.011_8x/1-FaceId-0.jpg', '01/nm0000001_rm1_1899-5-10_1968.jpg']
const options: unknown[] = [{}, { units: { age: 'years' }, classification: ['gender'], regression: ['age'] }, { file: 'labels.csv', split: 'split', path: 'path' }, { ageEdges: [0, 10, 20] }, { unseen: [1] }, { task: '__proto__' }, { task: 'gender', faces: 1 }, { images: 'aligned' }, { actionUnits: true }, { file: 'x.tsv' }, { leastFaceScore: 0, secondFace: 'keep' }]

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
    names: fc.oneof(fc.array(fileName, { maxLength: 12 }), fc.shuffledSubarray(names, { minLength: 8 })),
    contents: fc.array(fc.constantFrom(...Object.entries(files)), { maxLength: 6 }).chain(chosen => fc.tuple(...chosen.map(([name, text]) => changedText([text], ['\t', '\n', '\r\n', ' ', ',', '0', '-1', '999999999', '"', 'Ann\t1\t2\n', 'n01443537\t', '\uFEFF', '\0', '__proto__', '../../etc/passwd', 'n000001', 'm.0107_f', '000001.jpg']).map(changed => [name, changed] as const)))),
    options: fc.oneof(fc.constant({}), changedJson(options)),
  }),
  read: ({ format, names, contents, options }) => {
    const there = Object.fromEntries(contents)
    return scanOne(format, there, [...names, ...Object.keys(there)], options)
  },
})

const matFields = ['dob', 'photo_taken', 'full_path', 'gender', 'face_score', 'second_face_score', 'name']
/** The table of IMDB-WIKI, as it was written and with its only variable unpacked. */
const unpackedMat = Buffer.concat([imdbMat.subarray(0, 128), inflateSync(imdbMat.subarray(136))])

function compressedElement(body: Buffer): Buffer {
  const packed = deflateSync(body)
  const tag = Buffer.alloc(8)
  tag.writeUInt32LE(15)
  tag.writeUInt32LE(packed.length, 4)
  return Buffer.concat([tag, packed])
}

export const matFiles = declareTarget({
  name: 'MATLAB files (.mat)',
  input: fc.oneof(
    { weight: 1, arbitrary: changedBytes([imdbMat]) },
    { weight: 4, arbitrary: changedBytes([unpackedMat.subarray(128)]).map(body => Buffer.concat([imdbMat.subarray(0, 128), body])) },
    { weight: 2, arbitrary: changedBytes([unpackedMat.subarray(128)]).map(body => Buffer.concat([imdbMat.subarray(0, 128), compressedElement(body)])) },
  ),
  read: async (bytes) => {
    try {
      return await findStruct(bytes, 'imdb', matFields)
    }
    catch (error) {
      if (error instanceof Malformed)
        return refused
      throw error
    }
  },
})

export const npyFiles = declareTarget({
  name: 'label files (.npy)',
  input: changedBytes([npy('7'), npy('-0.25'), npy({ descr: '<f8', bytes: Buffer.alloc(8) })]),
  read: (bytes) => {
    const value = parseNpyValue(bytes)
    return typeof value === 'number' ? value : refused
  },
})

export const archivedImages = declareTarget({
  name: 'images inside a table (.tsv)',
  input: fc.record({ bytes: changedBytes([Buffer.from(files['FaceImageCroppedWithAlignment.tsv']!)]), offset: fc.nat(140), length: fc.oneof(fc.constant(8), fc.nat(12), nastyNumber.map(number => Math.abs(Math.trunc(number)))) }),
  read: async ({ bytes, offset, length }) => {
    const file = join(folder(), 'archive.tsv')
    writeFileSync(file, bytes)
    const read = await readArchivedImage({ file, offset, length })
    return 'reason' in read ? refused : read.length
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
    if (!listing.files.includes(parseArchivedPath(path)?.file ?? path))
      throw new Error(`internal: sample "${path}" is no file of the folder`)
  }
  return JSON.parse(JSON.stringify(scan)) as unknown
}
