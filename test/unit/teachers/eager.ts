import type { Teacher } from '#shared/files/teacher.ts'
import type { NodeRef } from '#worker/engine/graph.ts'
import type { Tensor, Tensor4D } from '#worker/engine/tf.ts'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { tf } from '#worker/engine/tf.ts'
import { preprocess } from '#worker/teachers/preprocess.ts'

const require = createRequire(import.meta.url)

/** What face-api's nets need of an input. */
interface NetInput { toBatchTensor: () => Tensor }
interface Net { loadFromDisk: (folder: string) => Promise<void>, forwardInput: (input: NetInput) => Tensor, faceFeatureExtractor: { forwardInput: (input: NetInput) => Tensor } }

/** The input of a teacher as the embed graph makes it, without normalisation where the original network does its own. */
export function prepared(faces: Uint8Array, n: number, input: Teacher['manifest']['input']): Tensor4D {
  const builder = new GraphBuilder()
  const pixels: NodeRef = builder.placeholder('faces', [-1, 300, 300, 3], 'uint8')
  const { node } = preprocess(builder, pixels, input)
  const session = builder.load()
  const [output] = session.run({
    faces: {
      dtype: 'uint8',
      shape: [n, 300, 300, 3],
      data: faces,
    },
  }, [node])
  session.dispose()
  return output as Tensor4D
}

/** The original network, run eagerly by its own library: TFJS's GraphModel or face-api's code. */
export async function originalNetwork({ manifest, model }: Teacher): Promise<(faces: Uint8Array, n: number) => Float32Array> {
  const { input, embedding, format, name } = manifest
  if (format === 'tfjs-graph') {
    const graph = await tf.loadGraphModel(`file://${model}`)
    return (faces, n) => tf.tidy(() => {
      const x = prepared(faces, n, input)
      // centernet is published for one image
      const outputs = tf.split(x, n).map(image => graph.execute(image, embedding.node) as Tensor)
      const features = tf.concat(outputs)
      return (embedding.pool === 'average'
        ? tf.mean(features, [1, 2])
        : features).dataSync() as Float32Array
    })
  }
  const faceapi = require('@vladmandic/face-api/dist/face-api.node-gpu.js') as { nets: Record<string, Net> }
  const net = faceapi.nets[embedding.node.split('.')[0]!]!
  await net.loadFromDisk(dirname(model))
  return (faces, n) => tf.tidy(() => {
    const raw = {
      toBatchTensor: () => prepared(faces, n, {
        ...input,
        mean: [0],
        std: [1],
      }),
    }
    const features = name === 'dlib'
      ? net.forwardInput(raw)
      : net.faceFeatureExtractor.forwardInput(raw)
    return (features.rank === 4
      ? tf.mean(features, [1, 2])
      : features).dataSync() as Float32Array
  })
}
