import type { Files } from './folder.ts'
import { Buffer } from 'node:buffer'

/** A .npy file as `numpy.save` writes it: a text (AffectNet keeps its labels so) or the bytes of a number. */
export function npy(value: string | { descr: string, bytes: Buffer }, shape = '()'): Buffer {
  const descr = typeof value === 'string' ? `<U${value.length}` : value.descr
  const body = typeof value === 'string' ? Buffer.from([...value].flatMap(sign => [sign.charCodeAt(0), 0, 0, 0])) : value.bytes
  const words = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`
  const header = `${words.padEnd(117)}\n`
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([header.length & 255, header.length >> 8]), Buffer.from(header), body])
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
const padded = (value: number, digits: number): string => String(value).padStart(digits, '0')

const named = (files: string[]): Files => Object.fromEntries(files.map(file => [file, `content of ${file}`]))

/** RAF-DB as distributed: ten training images and four of test, of the expressions 1 to 7 in turn. */
export function rafdbFolder(): Files {
  const names = [...numbers(20).map(i => `train_${padded(i, 5)}`), ...numbers(4).map(i => `test_${padded(i, 4)}`)]
  return {
    'basic/EmoLabel/list_patition_label.txt': `${names.map((name, i) => `${name}.jpg ${i % 2 + 4}`).join('\n')}\n`,
    ...Object.fromEntries(names.flatMap(name => [[`basic/Image/aligned/${name}_aligned.jpg`, 'aligned'], [`basic/Image/original/${name}.jpg`, 'original']])),
    'basic/Annotation/boundingbox/train_00001_boundingbox.txt': '1 2 3 4',
    'basic/readme.txt': 'read me',
  }
}

const still = (i: number, film = 'Airheads'): string => `${film}_${padded(519_240 + i, 9)}_${padded(i, 8)}.png`

/** SFEW 2.0 as distributed: whole stills, aligned faces beside them, a Test without labels. */
export function sfewFolder(): Files {
  return Object.fromEntries(['Angry', 'Surprise'].flatMap((name, k) => [
    ...numbers(10).flatMap(i => [`Train/${name}/${still(10 * k + i)}`, `Train/Train_Aligned_Faces/${name}/${still(10 * k + i)}`]),
    ...numbers(2).flatMap(i => [`Val/${name}/${still(50 + 10 * k + i, 'Hangover')}`, `Val/Val_Aligned_Faces_new/${name}/${still(50 + 10 * k + i, 'Hangover')}`]),
    `Test/image_00000${k}.png`,
  ]).map(file => [file, `picture ${file}`]))
}

const hash = (i: number): string => `${padded(i, 4)}${'0123456789abcdef'.repeat(4)}`.slice(0, 56)

/** AffectNet's whole database: tables with landmarks, images in numbered folders; the second table without its header. */
export function affectnetFolder(): Files {
  const landmarks = Array.from({ length: 68 }).fill('12.5;20').join(';')
  const row = (i: number, expression: number, valence: number, arousal: number): string => `${i % 3}/${hash(i)}.jpg,10,11,200,200,${landmarks},${expression},${valence},${arousal}`
  const header = 'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal'
  return {
    'Manually_Annotated_file_lists/training.csv': [header, ...numbers(20).map(i => row(i, i % 2, 0.25, -0.5)), row(21, 8, -2, -2), row(22, 10, -2, -2), row(23, 7, 0, 0)].join('\r\n'),
    'Manually_Annotated_file_lists/validation.csv': numbers(4).map(i => row(30 + i, i % 2, 1, -1)).join('\n'),
    ...Object.fromEntries([...numbers(23), 31, 32, 33, 34].map(i => [`Manually_Annotated_Images/${i % 3}/${hash(i)}.jpg`, `face ${i}`])),
  }
}

/** AffectNet's part with 8 labels, in folders with one .npy for each label. */
export function affectnetNpyFolder(): Files {
  return Object.fromEntries([['train_set', 20], ['val_set', 4]].flatMap(([folder, count]) => numbers(Number(count)).flatMap((i): [string, string | Buffer][] => [
    [`${folder}/images/${i}.jpg`, `face ${folder} ${i}`],
    [`${folder}/annotations/${i}_exp.npy`, npy(String(i % 2 + 6))],
    [`${folder}/annotations/${i}_val.npy`, npy('-0.25')],
    [`${folder}/annotations/${i}_aro.npy`, npy({ descr: '<f8', bytes: Buffer.from(new Float64Array([0.5]).buffer) })],
    [`${folder}/annotations/${i}_lnd.npy`, 'landmarks are not read'],
  ])))
}

/** Every format's folder as its publisher documents it, by the format's name and the variant. */
export const layouts: [format: string, variant: string, files: () => Files][] = [
  ['synthetic', 'drawn', () => ({ 'synthetic.json': '{}', 'drawn.json': '{}', 'labels.csv': 'path,subject', 'faces/00001.png': 'x' })],
  ['utkface', 'in one folder', () => named(numbers(4).map(i => `UTKFace/${20 + i}_1_2_2016122022230813${i}.jpg.chip.jpg`))],
  ['fgnet', 'with points', () => named(numbers(4).flatMap(i => [`images/00${i}A02.JPG`, `points/00${i}a02.pts`]))],
  ['lfw', 'with pairs', () => ({ ...named(['Ann/Ann_0001.jpg', 'Ann/Ann_0002.jpg', 'Bo_Li/Bo_Li_0001.jpg']), 'pairs.txt': '2\t1\n' })],
  ['tiny-imagenet', 'as distributed', () => named(['train/n00000001/images/n00000001_0.JPEG', 'val/images/val_0.JPEG', 'val/val_annotations.txt', 'wnids.txt', 'words.txt'])],
  ['csv', 'a table', () => ({ ...named(['photos/1.jpg', 'photos/2.jpg']), 'labels.csv': 'path,smile' })],
  ['folders', 'a folder a class', () => named(['train/cat/1.jpg', 'train/dog/1.jpg', 'test/cat/2.jpg'])],
  ['images', 'photographs alone', () => named(['1.jpg', 'holidays/2.jpg'])],
  ['rafdb', 'as distributed', rafdbFolder],
  ['sfew', 'as distributed', sfewFolder],
  ['affectnet', 'whole database', affectnetFolder],
  ['affectnet', 'folders with .npy', affectnetNpyFolder],
]
