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

const fortyNames = [...numbers(38).map(i => `Trait_${i}`), 'Smiling', 'Young']

/** CelebA as distributed: Anno, Eval, and the images in the wild and aligned. Each has the attributes of which its number is a multiple. */
export function celebaFolder(): Files {
  const rows = [1, 2, 3, 162_770, 162_771, 182_638].map(i => ({ name: `${padded(i, 6)}.jpg`, i }))
  return {
    'Anno/list_attr_celeba.txt': [`${rows.length}`, `${fortyNames.join(' ')} `, ...rows.map(({ name, i }) => `${name} ${fortyNames.map((_, k) => i % (k + 1) === 0 ? ' 1' : '-1').join(' ')}`)].join('\n'),
    'Anno/identity_CelebA.txt': rows.map(({ name, i }) => `${name} ${i % 2 + 2880}`).join('\n'),
    'Anno/list_bbox_celeba.txt': 'not read',
    'Eval/list_eval_partition.txt': rows.map(({ name, i }) => `${name} ${i > 182_637 ? 2 : i > 162_770 ? 1 : 0}`).join('\n'),
    ...Object.fromEntries(rows.flatMap(({ name }) => [[`Img/img_celeba/${name}`, `wild ${name}`], [`Img/img_align_celeba/${name}`, `aligned ${name}`]])),
  }
}

/**
 * A file that scipy.io.savemat wrote (compressed), with the fields of imdb.mat, six entries: the first two persons are the published
 * table's own first entry (Fred Astaire, day 693726, photographed 1968), then without a face, a second woman, a second face, and two
 * people born on 1 and 2 July 1970 and photographed in 2000.
 */
export const imdbMat = Buffer.from([
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IE1vbiBOb3YgMzAgMjI6MDE6NDYgMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'AAAAAAABSU0PAAAAzgEAAHic7ZS/T8JQEMcPUn5YCVFcHAnO1b6WH2WCyTg6GgYfpS0/FFoCOPsvuDjoX2DiYtx0ddXEwdnVxIlNEmP0vdKWljQSKIuJ35fL5a53n8trLi8JAKM4QJR44iAMY0WsOOQYA62OWosQ',
  'n7JyZ8RUowZedZvGwMAD+VjTrUz9pN3GXXnQdGoamq5qPXeXLnc0L6cuKxpuG4o8aBn6JNNXjJ5T2dcUQ1ex60OSZPdgcp+Ez32ilrfzm8Rez1nT2HsWdt9ZOPxkAROjvLKLtzqDx1gzb2K3sRdynsmhecpphiec',
  '0AwOrT9wzWV86rdc9WtWzKMdvcObQrjXQRhJxSKX4xCPUTEvbR91G8vkCx5+gQ/OFxy+QPgioQpZrsihPBZ4PjsXPzPFz7j5yORnCT8ncQVO8uIX54sOXyT8nPlXCB9RPr9EvmDy8zZf8OFXXfyoD9+9byuUDbaG',
  'Ja+3NTr1xsMSnXMVmm+vpRn3jkzdm9ZWjIfrNB+wHwXsFwL2iwH7swH7c1b/nO/QPvy+Rwx49ygNtpz9KY9d3PKp8j/373KrM7h+78qduJF4q3zY78q3aGq9/PRIxThzxnF84Tlj2e/UxF9eUH2VpvM/rA2yvw==',
].join(''), 'base64')
const imdbPaths = ['01/nm0000001_rm1_1899-5-10_1968.jpg', '01/nm0000001_rm2_1899-5-10_1970.jpg', '02/nm0000002_rm3_1924-9-16_2004.jpg', '02/nm0000102_rm4_1958-7-8_2004.jpg', '03/nm0000103_rm5_1970-7-1_2000.jpg', '03/nm0000203_rm6_1970-7-2_2000.jpg']

/** IMDB's cropped faces as distributed. */
export function imdbFolder(): Files {
  return { 'imdb_crop/imdb.mat': imdbMat, ...named(imdbPaths.map(file => `imdb_crop/${file}`)) }
}

/** UNBC-McMaster as distributed: two sequences of two subjects; the second subject is in pain in every second frame. */
export function unbcFolder(): Files {
  return Object.fromEntries(['042-ll042/ll042t1aaaff', '047-jl047/jl047t1aaunaff'].flatMap((sequence, k) => numbers(4).flatMap((i): [string, string][] => {
    const frame = `${sequence}/${sequence.split('/')[1]}${padded(i, 3)}`
    return [
      [`Images/${frame}.png`, `frame ${frame}`],
      [`Frame_Labels/PSPI/${frame}_facs.txt`, `   ${(k * (i % 2) * 3).toFixed(7)}e+00\r\n`],
      [`Frame_Labels/FACS/${frame}_facs.txt`, k * (i % 2) === 1 ? '   4.0000000e+00   2.0000000e+00   0.0000000e+00   0.0000000e+00\n  43.0000000e+00   1.0000000e+00   0   0\n  50 9 0 0\n' : ''],
    ]
  })))
}

/** VGGFace2 as distributed: three people of train, one of test. */
export function vggface2Folder(): Files {
  const faces = (part: string, person: string, count: number): string[] => numbers(count).map(i => `data/${part}/${person}/${padded(i, 4)}_01.jpg`)
  const all = [...['n000002', 'n000003', 'n000004'].flatMap(person => faces('train', person, 20)), ...faces('test', 'n000001', 4)]
  const list = (part: string): string => `${all.filter(file => file.includes(`/${part}/`)).map(file => file.split('/').slice(2).join('/')).join('\n')}\n`
  return {
    ...named(all),
    'meta/identity_meta.csv': 'Class_ID, Name, Sample_Num, Flag, Gender\nn000001, "14th_Dalai_Lama", 424, 0, m\nn000002, "A_Fine_Frenzy", 315, 1, f\nn000003, "A._A._Gill", 205, 1, m\nn000004, "Smith, Jr.", 387, 1, m\n',
    'data/train_list.txt': list('train'),
    'data/test_list.txt': list('test'),
  }
}

const faceOf = (i: number): string => `N_0000000001/N_0000000001_${padded(i, 5)}.jpg`

/** EmotioNet: the challenge's list without a header (60 action units), a later one with, and what could be fetched of the images. */
export function emotionetFolder(): Files {
  const address = (i: number): string => `https://s3.us-east-2.amazonaws.com/emotionet/Images/${faceOf(i)}`
  const units = (seen: number[]): string[] => Array.from({ length: 60 }, (_, k) => seen.includes(k + 1) ? '1' : [1, 2, 12].includes(k + 1) ? '0' : '999')
  return {
    'labels/dataFile_0001.txt': [1, 2, 9].map(i => [address(i), 'http://example.org/a.jpg', ...units([i])].join('\t')).join('\n'),
    'labels/EmotioNet_FACS_aws_2020_24600.csv': `'URL','URL orig',' AU 1',' AU 6',' AU 25'\n'${address(3)}','http://x/b.jpg',1,999,0\n`,
    ...named([1, 2, 3, 4].map(i => `imgs/${faceOf(i)}`)),
  }
}

/** A row of FaceImageCroppedWithAlignment.tsv: person, rank, addresses, face, rectangle, image. */
export function msCelebRow(person: string, rank: number, image: string | Buffer): string {
  return [person, rank, `http://example.org/${rank}.jpg`, 'http://example.org', 'FaceId-0', 'AAAAAAAAAAAAAIA/AACAPw==', Buffer.from(image).toString('base64')].join('\t')
}

/** MS-Celeb-1M's aligned faces: ten of each of two people. */
export function msCelebFolder(): Files {
  return { 'FaceImageCroppedWithAlignment.tsv': `${['m.0107_f', 'm.011_8x'].flatMap(person => numbers(10).map(rank => msCelebRow(person, rank, `face ${rank} of ${person}`))).join('\n')}\n` }
}

/** Every format's folder as its publisher documents it, by the format's name and the variant. */
export const layouts: [format: string, variant: string, files: () => Files][] = [
  ['synthetic', 'drawn', () => ({ 'synthetic.json': '{}', 'drawn.json': '{}', 'labels.csv': 'path,subject', 'faces/00001.png': 'x' })],
  ['synthetic-objects', 'drawn', () => ({ 'synthetic-objects.json': '{}', 'drawn.json': '{}', 'labels.csv': 'path,object', 'images/000000.jpg': 'x' })],
  ['utkface', 'in one folder', () => named(numbers(4).map(i => `UTKFace/${20 + i}_1_2_2016122022230813${i}.jpg.chip.jpg`))],
  ['fgnet', 'with points', () => named(numbers(4).flatMap(i => [`images/00${i}A02.JPG`, `points/00${i}a02.pts`]))],
  ['lfw', 'with pairs', () => ({ ...named(['Ann/Ann_0001.jpg', 'Ann/Ann_0002.jpg', 'Bo_Li/Bo_Li_0001.jpg']), 'pairs.txt': `10\t1\n${'Ann\t1\t2\nAnn\t1\tBo_Li\t1\n'.repeat(10)}` })],
  ['tiny-imagenet', 'as distributed', () => named(['train/n00000001/images/n00000001_0.JPEG', 'train/n00000002/images/n00000002_0.JPEG', 'val/images/val_0.JPEG', 'val/val_annotations.txt', 'wnids.txt', 'words.txt'])],
  ['csv', 'a table', () => ({ ...named(['photos/1.jpg', 'photos/2.jpg']), 'labels.csv': 'path,smile' })],
  ['folders', 'a folder a class', () => named(['train/cat/1.jpg', 'train/dog/1.jpg', 'test/cat/2.jpg'])],
  ['images', 'photographs alone', () => named(['1.jpg', 'holidays/2.jpg'])],
  ['rafdb', 'as distributed', rafdbFolder],
  ['sfew', 'as distributed', sfewFolder],
  ['affectnet', 'whole database', affectnetFolder],
  ['affectnet', 'folders with .npy', affectnetNpyFolder],
  ['celeba', 'as distributed', celebaFolder],
  ['imdb-wiki', 'cropped faces of IMDB', imdbFolder],
  ['unbc', 'as distributed', unbcFolder],
  ['vggface2', 'as distributed', vggface2Folder],
  ['ms-celeb', 'aligned faces', msCelebFolder],
  ['ms-celeb', 'folders of people', () => named(['m.0107_f/1-FaceId-0.jpg', 'm.011_8x/2-FaceId-0.jpg'])],
  ['emotionet', 'with the images fetched', emotionetFolder],
]
