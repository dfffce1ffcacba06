import type { Teacher } from '#shared/files/teacher.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { TensorData } from '#worker/stage.ts'
import type { StudentShape } from '../models/student-network.ts'
import { tf } from '#worker/engine/tf.ts'
import { embed, isMoving, runBackbone, studentVariables, trainBackbone } from '../models/student-network.ts'
import { faceSize } from '../teachers/teacher-graph.ts'
import { trainableTeacher } from '../teachers/trainable.ts'

/** Of a teacher's weights, apart from those of the head. */
const prefix = 'network/'

/** A network from pixels to an embedding of which every parameter is trained. */
export interface TrainedNetwork {
  /** Side in pixels of the faces that it is fed. */
  side: number
  /** Numbers of its embedding. */
  width: number
  /** It knows something already: its codes are standardised, so that a fresh head starts as on frozen ones. */
  isPretrained: boolean
  /** First values; those of a network from scratch by the seed. */
  variables: (seed: number) => Record<string, TensorData>
  /** u8 [n, side, side, 3] -> f32 [n, width] in training, with new values of what no gradient moves. */
  train: (faces: Tensor4D, weights: Record<string, Tensor>) => { embedding: Tensor2D, updates: Record<string, Tensor> }
  /** The same in use. */
  infer: (faces: Tensor4D, weights: Record<string, Tensor>) => Tensor2D
  /** Whether a variable of it is moved by gradients. */
  isTrained: (name: string) => boolean
}

/** The student's network, distilled, or from scratch where there are no weights yet. */
export function studentNetwork(shape: StudentShape, width: number, weights: Record<string, TensorData> | null): TrainedNetwork {
  return {
    side: shape.input,
    width,
    isPretrained: weights !== null,
    variables: seed => weights ?? studentVariables(shape, width, seed),
    train(faces, given) {
      const { features, updates } = trainBackbone(faces, given, shape)
      return { embedding: embed(features, given), updates }
    },
    infer: (faces, given) => embed(runBackbone(faces, given, shape), given),
    isTrained: name => !isMoving(name),
  }
}

/**
 * A teacher with all its weights to be trained (P-CNN), on faces cut out and sized as its manifest says. Its batch norms are folded into
 * the convolutions, as the published files have them: nothing normalises over the batch while it is trained, so its rate is small.
 * Tensors carry the prefix `network/`, apart from those of the head.
 *
 * @throws FacetError where its file cannot be trained, naming the node
 */
export function teacherNetwork(teacher: Teacher): TrainedNetwork {
  const { input, embedding: { dimension } } = teacher.manifest
  const { weights, embed } = trainableTeacher(teacher)
  const { side, cut } = framing(input)
  const run = (faces: Tensor4D, given: Record<string, Tensor>): Tensor2D => embed(cut(faces), Object.fromEntries(Object.keys(weights).map(name => [name, given[prefix + name]!])))
  return {
    side,
    width: dimension,
    isPretrained: true,
    variables: () => Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [prefix + name, tensor])),
    train: (faces, given) => ({ embedding: run(faces, given), updates: {} }),
    infer: run,
    isTrained: name => weights[name.slice(prefix.length)]?.dtype === 'float32',
  }
}

/**
 * How a teacher's input is cut out of whole faces. They are loaded so large that the crop has about the network's own size: cutting it
 * out then hardly resizes. `cut`: u8 [n, side, side, 3] -> f32 [n, size, size, 3]; pixel i shows what the frozen teacher's pixel i shows.
 */
export function framing({ size, crop: [x0, y0, x1, y1] }: Pick<Teacher['manifest']['input'], 'size' | 'crop'>): { side: number, cut: (faces: Tensor4D) => Tensor4D } {
  const side = Math.round(faceSize * size / Math.min(x1 - x0, y1 - y0))
  const scale = side / faceSize
  const [top, bottom] = sampled(y0 * scale, y1 * scale, size, side)
  const [left, right] = sampled(x0 * scale, x1 * scale, size, side)
  return {
    side,
    cut(faces) {
      const n = faces.shape[0]
      const boxes = tf.tensor2d(Array.from({ length: n }, () => [top, left, bottom, right]))
      return tf.image.cropAndResize(tf.cast(faces, 'float32'), boxes, tf.tensor1d(Array.from({ length: n }, (_, i) => i), 'int32'), [size, size], 'bilinear')
    },
  }
}

/** First and last sample of a cut from `from` to `to` pixels at half-pixel centres, as cropAndResize takes them: parts of side - 1, inside the picture. */
function sampled(from: number, to: number, size: number, side: number): [number, number] {
  const step = (to - from) / size
  return [Math.max(0, from + step / 2 - 0.5) / (side - 1), Math.min(side - 1, to - step / 2 - 0.5) / (side - 1)]
}
