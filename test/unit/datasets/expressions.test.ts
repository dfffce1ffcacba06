import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { parseNpyValue } from '#main/datasets/npy.ts'
import { reasonsOf, samplesOf, scan } from './folder.ts'
import { affectnetFolder, affectnetNpyFolder, npy, rafdbFolder, sfewFolder } from './layouts.ts'

const list = 'basic/EmoLabel/list_patition_label.txt'
const counted = (values: (string | null)[]): Record<string, number> => Object.fromEntries([...Map.groupBy(values, value => String(value))].map(([value, all]) => [value, all.length]))

describe('rafdb', () => {
  it('takes labels from the list, test as published, and a tenth of each class of train for validation', async () => {
    const result = await scan('rafdb', rafdbFolder())
    const samples = samplesOf(result)
    // "train_00001.jpg 4" and "train_00002.jpg 5": Happy and Sad in the authors' numbering from 1
    expect(samples['basic/Image/original/train_00001.jpg']!.labels).toEqual({ expression: 3 })
    expect(samples['basic/Image/original/train_00002.jpg']!.labels).toEqual({ expression: 4 })
    expect(result.tasks.expression).toEqual({ kind: 'classification', label: 'expression', classes: ['Surprise', 'Fear', 'Disgust', 'Happiness', 'Sadness', 'Anger', 'Neutral'], protocol: 'split' })
    expect(counted(result.samples.map(({ split }) => split))).toEqual({ train: 18, validation: 2, test: 4 })
    expect(new Set(result.samples.filter(({ split }) => split === 'validation').map(({ labels }) => labels.expression))).toEqual(new Set([3, 4]))
    expect(result.samples.filter(({ split }) => split === 'test').every(({ path }) => path.includes('/test_'))).toBe(true)
    expect(result.rejected).toEqual([])
    expect(result.notes).toContain('24 of the 15,339 images of the whole data set are here.')
    expect(result.notes).toContain('The images are the original ones; 24 others of the same photographs are passed over (option images).')
  })

  it('takes the aligned images where they are asked for, or alone there', async () => {
    const asked = await scan('rafdb', rafdbFolder(), { images: 'aligned' })
    expect(asked.samples.every(({ path }) => path.endsWith('_aligned.jpg'))).toBe(true)
    const alone = await scan('rafdb', Object.fromEntries(Object.entries(rafdbFolder()).filter(([file]) => !file.includes('/original/'))))
    expect(alone.samples).toEqual(asked.samples)
    await expect(scan('rafdb', Object.fromEntries(Object.entries(rafdbFolder()).filter(([file]) => !file.includes('/original/'))), { images: 'original' })).rejects.toThrow('No original images of RAF-DB are here.')
  })

  it('reads the class folders of copies without the list', async () => {
    const files = Object.fromEntries(['train', 'test'].flatMap(part => [1, 7].flatMap(label => [1, 2, 3, 4].map(i => [`DATASET/${part}/${label}/${part}_${label}${part === 'train' ? '000' : '00'}${i}_aligned.jpg`, 'x']))))
    const result = await scan('rafdb', files)
    expect(samplesOf(result)['DATASET/test/7/test_7001_aligned.jpg']).toEqual({ split: 'test', labels: { expression: 6 } })
    expect(result.samples).toHaveLength(16)
  })

  it('rejects rows with wrong labels, doubles, contradictions and paths that lead out, and images that no row names', async () => {
    const rows = ['\uFEFFtrain_00001.jpg 4', 'train_00002.jpg 8', 'train_00003.jpg 4', 'train_00003.jpg 4', 'train_00004.jpg 4', 'train_00004.jpg 5', '../../../etc/passwd 4', 'train_00005.jpg', 'test_9999.jpg 2', 'train_00006.jpg 5 6', 'test_0001.jpg 1']
    const result = await scan('rafdb', { ...rafdbFolder(), [list]: rows.join('\r\n') })
    expect(result.samples.map(({ path }) => path.split('/').at(-1))).toEqual(['train_00001.jpg', 'train_00003.jpg', 'test_0001.jpg'])
    const reasons = reasonsOf(result)
    const of = (name: string): string | undefined => reasons[`basic/Image/original/${name}`]
    expect(reasons['train_00002.jpg']).toBe('line 2 of list_patition_label.txt: label "8" is not 1 to 7')
    expect(of('train_00003.jpg')).toBe('line 4 of list_patition_label.txt: the image stands in line 3 already, with the same label')
    expect(of('train_00004.jpg')).toBe('line 6 of list_patition_label.txt: says something else of the image than line 5, so neither is used')
    expect(reasons['../../../etc/passwd']).toContain('line 7')
    expect(reasons['train_00006.jpg']).toContain('line 10')
    expect(of('train_00020.jpg')).toBe('is not in the list list_patition_label.txt')
    expect(result.notes).toContain('1 rows of list_patition_label.txt name images that are not here (the first: test_9999.jpg in line 9).')
  })

  it('names the line that is no UTF-8, holds zero bytes or is too long', async () => {
    const withList = (content: Buffer): Promise<unknown> => scan('rafdb', { ...rafdbFolder(), [list]: content })
    await expect(withList(Buffer.concat([Buffer.from('train_00001.jpg 4\ntrain_'), Buffer.from([0xE9]), Buffer.from(' 5\n')]))).rejects.toMatchObject({ message: 'The line is no UTF-8.', where: expect.stringMatching(/label\.txt line 2$/) })
    await expect(withList(Buffer.from('train_00001.jpg 4', 'utf16le'))).rejects.toMatchObject({ where: expect.stringContaining('line 1'), message: expect.stringContaining('zero bytes') })
    await expect(withList(Buffer.from(`train_00001.jpg 4\n${'x'.repeat(3_000_000)}`))).rejects.toMatchObject({ message: 'The line has more than 65536 bytes.', where: expect.stringMatching(/line 2$/) })
  })
})

describe('sfew', () => {
  it('tests on Val, cuts validation from Train and holds the unlabelled Test out of everything', async () => {
    const result = await scan('sfew', sfewFolder())
    expect(counted(result.samples.map(({ split }) => split))).toEqual({ train: 18, validation: 2, test: 4, null: 2 })
    expect(result.samples.filter(({ split }) => split === 'test').every(({ path }) => path.startsWith('Val/'))).toBe(true)
    expect(samplesOf(result)['Train/Surprise/Airheads_000519251_00000011.png']!.labels).toEqual({ expression: 6 })
    expect(result.samples.filter(({ unseen }) => unseen).map(({ path, labels }) => [path, labels])).toEqual([['Test/image_000000.png', {}], ['Test/image_000001.png', {}]])
    expect(result.samples.every(({ path }) => !path.includes('Aligned'))).toBe(true)
    expect(result.notes.join(' ')).toContain('26 of the 1,766 images (958 Train, 436 Val, 372 Test) of the whole data set are here.')
  })

  it('takes aligned faces where they are asked for, and Test as test where it has labels', async () => {
    const aligned = await scan('sfew', sfewFolder(), { images: 'aligned' })
    expect(aligned.samples).toHaveLength(24)
    expect(aligned.samples.every(({ path }) => path.includes('_Aligned_Faces'))).toBe(true)
    const labelled = await scan('sfew', { ...sfewFolder(), 'Test/Angry/Airheads_000600000_00000001.png': 'x' })
    expect(counted(labelled.samples.map(({ split }) => split))).toEqual({ train: 20, validation: 4, test: 1, null: 2 })
  })

  it('rejects stills outside of the parts and of the expressions', async () => {
    const result = await scan('sfew', { ...sfewFolder(), 'Train/Contempt/Airheads_000519999_00000001.png': 'x', 'Angry/Airheads_000519998_00000001.png': 'x' })
    expect(reasonsOf(result)).toEqual({
      'Train/Contempt/Airheads_000519999_00000001.png': 'lies in no class folder (Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise)',
      'Angry/Airheads_000519998_00000001.png': 'lies in none of the folders Train, Val and Test',
    })
  })
})

describe('affectnet', () => {
  const image = (i: number): string => `Manually_Annotated_Images/${i % 3}/00${String(i).padStart(2, '0')}${'0123456789abcdef'.repeat(4)}`.slice(0, -12).concat('.jpg')
  const table = 'Manually_Annotated_file_lists/training.csv'

  it('reads both tables of the whole database, with a header or without', async () => {
    const files = affectnetFolder()
    const result = await scan('affectnet', files)
    const samples = samplesOf(result)
    expect(counted(result.samples.map(({ split }) => split))).toEqual({ train: 20, validation: 2, test: 4 })
    expect(samples[image(1)]!.labels).toEqual({ expression: 1, valence: 0.25, arousal: -0.5 })
    expect(samples[image(21)]!.labels).toEqual({})
    expect(samples[image(33)]).toEqual({ split: 'test', labels: { expression: 1, valence: 1, arousal: -1 } })
    expect(reasonsOf(result)).toEqual({ [image(22)]: 'line 23 of training.csv: is labelled 10, no face' })
    expect(result.tasks).toMatchObject({ expression: { classes: expect.arrayContaining(['Contempt']) }, valence: { kind: 'regression', range: [-1, 1] }, arousal: { kind: 'regression' } })
    const seven = await scan('affectnet', files, { classes: '7' })
    expect(samplesOf(seven)[image(23)]!.labels).toEqual({ valence: 0, arousal: 0 })
    expect(seven.tasks.expression).toMatchObject({ classes: ['Neutral', 'Happiness', 'Sadness', 'Surprise', 'Fear', 'Disgust', 'Anger'] })
  })

  it('passes over copies of its tables, and says so', async () => {
    const files = affectnetFolder()
    const result = await scan('affectnet', { ...files, 'backup/old/training.csv': files[table]!, 'backup/older/still/training.csv': files[table]! })
    expect(samplesOf(result)).toEqual(samplesOf(await scan('affectnet', files)))
    expect(result.notes.join(' ')).toContain('Copies that are passed over: backup/old/training.csv, backup/older/still/training.csv.')
  })

  it('reads the folders with .npy labels', async () => {
    const result = await scan('affectnet', affectnetNpyFolder())
    expect(samplesOf(result)['val_set/images/1.jpg']).toEqual({ split: 'test', labels: { expression: 7, valence: -0.25, arousal: 0.5 } })
    expect(counted(result.samples.map(({ split }) => split))).toEqual({ train: 18, validation: 2, test: 4 })
    expect(result.rejected).toEqual([])
  })

  it('rejects labels out of range, broken rows, doubles across the tables and files that are no .npy', async () => {
    const files = affectnetFolder()
    const rows = String(files[table]).split('\r\n')
    const change = (row: string, at: number, value: string): string => row.split(',').with(at, value).join(',')
    const bad = [rows[0]!, change(rows[1]!, 6, '11'), change(rows[2]!, 7, '1.5'), rows[3]!.slice(0, 60), change(rows[4]!, 0, '../../../../etc/passwd'), ...rows.slice(5), String(files['Manually_Annotated_file_lists/validation.csv']).split('\n')[0]!]
    const result = await scan('affectnet', { ...files, [table]: bad.join('\r\n') })
    expect(reasonsOf(result)).toMatchObject({
      [image(1)]: 'line 2 of training.csv: expression "11" is not 0 to 10',
      [image(2)]: 'line 3 of training.csv: valence "1.5" is not from -1 to 1 (or -2: not annotated)',
      [image(3)]: expect.stringMatching(/fields where 9 belong|is not in the list/),
      [image(4)]: 'is not in the list training.csv or validation.csv',
      [image(31)]: 'stands in training.csv and in validation.csv, so it is not used',
    })
    expect(result.samples.every(({ path }) => path.startsWith('Manually_Annotated_Images/'))).toBe(true)
    const folders = affectnetNpyFolder()
    const { 'train_set/annotations/3_exp.npy': _, ...without } = folders
    const broken = await scan('affectnet', { ...without, 'train_set/annotations/1_exp.npy': 'no numpy file', 'train_set/annotations/2_exp.npy': npy('12'), 'train_set/annotations/4_val.npy': npy('7') })
    expect(reasonsOf(broken)).toEqual({
      'train_set/images/1.jpg': 'train_set/annotations/1_exp.npy is no .npy file',
      'train_set/images/2.jpg': 'expression "12" is not 0 to 10',
      'train_set/images/3.jpg': 'has no label: train_set/annotations/3_exp.npy is not there',
      'train_set/images/4.jpg': 'valence "7" is not from -1 to 1 (or -2: not annotated)',
    })
  })
})

describe('a value in a .npy file', () => {
  const int = (value: number): Buffer => Buffer.from(new BigInt64Array([BigInt(value)]).buffer)
  it('is read whatever its type and byte order', () => {
    expect(parseNpyValue(npy('3'))).toBe(3)
    expect(parseNpyValue(npy({ descr: '<i8', bytes: int(-5) }))).toBe(-5)
    expect(parseNpyValue(npy({ descr: '>i2', bytes: Buffer.from([1, 2]) }, '(1,)'))).toBe(258)
    expect(parseNpyValue(npy({ descr: '|S4', bytes: Buffer.from('0.5\0') }))).toBe(0.5)
  })

  it('is refused where the file is cut off, holds more values than one or no number', () => {
    const whole = npy({ descr: '<i8', bytes: int(1) })
    const reason = (bytes: Buffer): string => (parseNpyValue(bytes) as { reason: string }).reason
    expect(reason(whole.subarray(0, 130))).toBe('holds 2 bytes where its type i8 has 8')
    expect(reason(whole.subarray(0, 40))).toBe('is cut off: its header says 118 bytes')
    expect(reason(npy({ descr: '<i8', bytes: int(1) }, '(999999999999, 999999999999)'))).toMatch(/holds \S+ values where one belongs/)
    expect(reason(npy({ descr: '|O8', bytes: int(1) }))).toBe('has the type O8, which is no number')
    expect(reason(npy({ descr: '<f8', bytes: Buffer.from(new Float64Array([Number.NaN]).buffer) }))).toBe('holds NaN')
    expect(reason(npy('happy'))).toBe('holds "happy", which is no number')
  })
})

describe('images', () => {
  it('takes every photograph without a label, and says what that means', async () => {
    const result = await scan('images', { 'a.jpg': 'x', 'deep/er/b.PNG': 'y', 'notes.txt': 'n', 'program.exe': 'p' })
    expect(result.samples).toEqual(['a.jpg', 'deep/er/b.PNG'].map(path => ({ path, labels: {}, split: null, subject: null, unseen: false })))
    expect(result.tasks).toEqual({})
    expect(reasonsOf(result)).toEqual({ 'program.exe': 'is no image by its name' })
  })
})
