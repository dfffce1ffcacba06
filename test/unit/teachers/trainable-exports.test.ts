import type { Tensor, Tensor4D } from '#worker/engine/tf.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { studentNetworks } from '#shared/stages/distil.ts'
import { tf } from '#worker/engine/tf.ts'
import { exportModel } from '#worker/export/index.ts'
import { embed, runBackbone } from '#worker/models/student-network.ts'
import { trainableTeacher } from '#worker/teachers/trainable.ts'
import { faces, saveNetwork, shaken, shapeOf, size } from '../worker/export/networks.ts'
import { colourNet, onnxTeacher } from './onnx-files.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-trainable-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it.each(studentNetworks)('a %s that was trained here can be trained further as a teacher: its own numbers, and gradients for every weight', async (network) => {
  const shape = shapeOf(network)
  const into = join(folder, network)
  await exportModel({ model: saveNetwork(folder, shape), student: null, format: 'tfjs', weights: 'float32', into, card: '', faces: null })
  const teacher = onnxTeacher(join(folder, 'unused.onnx'), colourNet(), { dimension: size, input: { size: 32 } })
  const { weights, embed: embedTeacher } = trainableTeacher({ ...teacher, model: join(into, 'model.json'), manifest: { ...teacher.manifest, format: 'tfjs-graph' } })
  tf.tidy(() => {
    const pixels = tf.tensor4d(Float32Array.from(faces(2)), [2, 32, 32, 3])
    const own = Object.fromEntries(Object.entries(shaken(shape)).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'float32')]))
    const expected = embed(runBackbone(pixels as Tensor4D, own, shape), own).dataSync()
    const given = Object.fromEntries(Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, shape, 'float32')]))
    const found = embedTeacher(pixels, given).dataSync()
    expect(Math.hypot(...found.map((value, i) => value - expected[i]!)) / Math.hypot(...expected)).toBeLessThan(1e-4)
    const names = Object.keys(given)
    const gradients = tf.grads((...tensors: Tensor[]) => tf.sum(tf.square(embedTeacher(pixels, Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))))))(names.map(name => given[name]!))
    for (const [i, gradient] of gradients.entries())
      expect(gradient.dataSync().every(Number.isFinite) && gradient.dataSync().some(value => value !== 0), names[i]).toBe(true)
  })
}, 60_000)
