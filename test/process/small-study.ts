import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hashFiles } from '#shared/files/teacher.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'
import { base64, bytesOf, float, placeholder, writeModel } from '../unit/teachers/tfjs-files.ts'

/** A study of every stage that real workers finish in seconds: 48 drawn faces, two teachers of one convolution, tiny networks. */
export async function writeSmallStudy() {
  const folder = mkdtempSync(join(tmpdir(), 'facet-small-'))
  const photographs = join(folder, 'faces')
  mkdirSync(photographs)
  for (let i = 0; i < 48; i++) {
    const { jpeg } = await renderSyntheticFace({ seed: 5, size: 100, identities: 100 }, i)
    writeFileSync(join(photographs, `${20 + i}_${i % 2}_${i % 5}_201701091505575${String(i).padStart(2, '0')}.jpg`), jpeg)
  }
  const teachers = ['one', 'two'].map((name, i) => writeTeacher(join(folder, 'teachers'), name, i))
  const recipe = join(folder, 'small.yaml')
  const text = `study: small
data: { faces: { format: utkface, path: ${photographs} } }
unlabelled: [faces]
teachers: [one, two]
stages:
  prepare: { aligned: true }
  combine: [{ kind: pca, size: 4 }, { kind: ae, size: 4, epochs: 3 }]
  distil: { target: ae, width: 4, input: 32, batch: 8, steps: 6, evaluateEvery: 3 }
  transfer: { epochs: 2, steps: 6, batch: 8, fineTune: { steps: 4, batch: 8 } }
knowledge: [{ name: Gender, data: faces, task: gender }]
methods: ["teacher:one", pca, ae, student-finetuned]
seeds: [3]
`
  writeFileSync(recipe, text)
  return { folder, photographs, teachers, recipe, text, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** One convolution of 8 x 8 pixels over a grey picture of 64, averaged: 8 numbers a face. Returns its manifest. */
export function writeTeacher(root: string, name: string, seed: number): string {
  const home = join(root, name)
  const random = seededRandom(seed)
  const model = writeModel(home, [
    placeholder('image', [-1, 64, 64, 1]),
    { name: 'conv', op: 'Conv2D', input: ['image', 'filter'], attr: { ...float, strides: { list: { i: ['1', '8', '8', '1'] } }, padding: { s: base64('SAME') }, data_format: { s: base64('NHWC') } } },
    { name: 'out', op: 'Relu', input: ['conv'], attr: float },
  ], [
    { name: 'filter', shape: [8, 8, 1, 8], dtype: 'float32', bytes: bytesOf(Float32Array.from({ length: 512 }, () => random.normal() / 8)) },
  ])
  const manifest = join(home, `${name}.yaml`)
  writeFileSync(manifest, `name: ${name}
title: ${name}
knowledge: nothing
format: tfjs-graph
source: { kind: file, path: model.json }
sha256: ${hashFiles([model, join(dirname(model), 'weights.bin')])}
embedding: { node: out, dimension: 8, pool: average }
input: { size: 64, crop: [25, 25, 275, 275], color: gray, mean: [127.5], std: [127.5] }
licence: made for a test
trainedOn: []
paper: none
`)
  return manifest
}
