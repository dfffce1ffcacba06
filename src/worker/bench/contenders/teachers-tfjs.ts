import type { Teacher } from '#shared/files/teacher.ts'
import type { Tensor, Tensor4D } from '#worker/engine/tf.ts'
import type { Start } from '../bench.ts'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { tf } from '#worker/engine/tf.ts'
import { faceSize } from '#worker/teachers/teacher-graph.ts'
import { read, readText } from '../bench.ts'
import { bytes } from '../numbers.ts'
import { builtIn } from '../teacher-files.ts'

/** What is used of face-api, which has no types for Node. */
interface NetInput { toBatchTensor: () => Tensor }
interface Net { loadFromDisk: (folder: string) => Promise<void>, forwardInput: (input: NetInput) => Tensor, faceFeatureExtractor: { forwardInput: (input: NetInput) => Tensor } }

type Network = (faces: Tensor4D) => Tensor

/** Each teacher by its own library, one after the other, from the same batch of bytes. */
export const start: Start = async (work) => {
  const batch = read(work, 'batch')
  const networks: Network[] = []
  for (const name of readText(work, 'teachers').split(' '))
    networks.push(await load(builtIn(name)))
  const pixels = bytes(batch * faceSize * faceSize * 3)
  return {
    version: `tfjs ${tf.version.tfjs}`,
    run: () => tf.tidy(() => {
      const faces = tf.tensor4d(pixels, [batch, faceSize, faceSize, 3], 'int32')
      for (const network of networks)
        tf.tidy(() => { network(faces).dataSync() })
    }),
  }
}

async function load(teacher: Teacher): Promise<Network> {
  const { manifest: { format, embedding, input, name }, model } = teacher
  const pooled = (features: Tensor): Tensor => features.rank === 4
    ? tf.mean(features, [1, 2])
    : features
  if (format === 'tfjs-graph') {
    const graph = await tf.loadGraphModel(`file://${model}`)
    const takesMany = graph.inputs[0]?.shape?.[0] === -1
    return (faces) => {
      const x = normalized(coloured(cropped(faces, input), input), input)
      return pooled(takesMany
        ? graph.execute(x, embedding.node) as Tensor
        : tf.concat(tf.split(x, x.shape[0]).map(image => graph.execute(image, embedding.node) as Tensor)))
    }
  }
  const faceapi = createRequire(import.meta.url)('@vladmandic/face-api/dist/face-api.node-gpu.js') as { nets: Record<string, Net> }
  const net = faceapi.nets[embedding.node.split('.')[0]!]!
  await net.loadFromDisk(dirname(model))
  return (faces) => {
    const raw = { toBatchTensor: () => cropped(faces, input) } // face-api normalises itself
    return pooled(name === 'dlib'
      ? net.forwardInput(raw)
      : net.faceFeatureExtractor.forwardInput(raw))
  }
}

type Input = Teacher['manifest']['input']

function cropped(faces: Tensor4D, { crop: [x0, y0, x1, y1], size }: Input): Tensor4D {
  const n = faces.shape[0]
  const whole = x1 - x0 === faceSize && y1 - y0 === faceSize
  if (whole)
    return tf.image.resizeBilinear(faces, [size, size])
  const boxes = tf.tile(tf.tensor2d([y0, x0, y1, x1].map(edge => edge / faceSize), [1, 4]), [n, 1]) as ReturnType<typeof tf.tensor2d>
  return tf.image.cropAndResize(faces, boxes, tf.range(0, n, 1, 'int32'), [size, size], 'bilinear')
}

function coloured(image: Tensor4D, { color }: Input): Tensor4D {
  if (color === 'bgr')
    return tf.reverse(image, 3)
  return color === 'gray'
    ? tf.sum(tf.mul(image, [0.299, 0.587, 0.114]), 3, true)
    : image
}

function normalized(image: Tensor4D, { mean, std }: Input): Tensor4D {
  return tf.div(tf.sub(image, mean), std)
}
