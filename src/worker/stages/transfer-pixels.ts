import type { z } from 'zod'
import type { Task } from '#shared/dataset.ts'
import type { OrderSource } from '#shared/order.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { InferenceProgram, Program } from '#worker/engine/compile.ts'
import type { Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Loader } from '#worker/faces/loader.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { HeadTarget } from '../models/head.ts'
import type { Normalizer } from '../models/normalizer.ts'
import type { ChosenTeacher } from './choose-teacher.ts'
import type { TrainedNetwork } from './trained-network.ts'
import type { FoldResult, FoldTrainer, LabelledSample } from './transfer-folds.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { compile, compileInference } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { headLoss, headTarget, headVariables, labelFeed, labelWidth, predictionsOf, runHead, targetLabels } from '../models/head.ts'
import { commonScale, unitStatistics } from '../models/normalizer.ts'
import { loadStudent } from '../models/student.ts'
import { BatchOrder } from '../training/order.ts'
import { computeOverFaces, openPixels } from '../training/pixels.ts'
import { train } from '../training/train.ts'
import { chooseTeacher } from './choose-teacher.ts'
import { memoryRows } from './embedding-rows.ts'
import { needed } from './frozen-features.ts'
import { studentNetwork } from './trained-network.ts'
import { foldData, withUndetected } from './transfer-folds.ts'
import { headTraining, normalizerTensors, reportName, validate } from './transfer-frozen.ts'

type Config = z.output<typeof transfer.config>

/** Numbers that a network from scratch gives its head: the paper's 1024, so that it is the student's network with 2,216,023 parameters. */
const scratchSize = 1024
const inferenceBatch = 32

/** The network that is trained, and for a P-CNN the teacher that it was. */
export interface TrainedEncoder { network: TrainedNetwork, teacher: ChosenTeacher | null }

/** Opens what the configuration names. */
export function openTrainedEncoder(context: StageContext<Config>): TrainedEncoder {
  const { config: { encoder }, order } = context
  if (encoder.kind === 'p-cnn') {
    const teacher = chooseTeacher(context)
    return { network: teacher.network, teacher }
  }
  if (encoder.kind === 'scratch')
    return { network: studentNetwork(encoder, scratchSize, null), teacher: null }
  const { manifest, tensors } = loadStudent(needed(order, 'student'))
  const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('decoder/')))
  return { network: studentNetwork(manifest, manifest.size, own), teacher: null }
}

/** Trains all parameters of a network and a head on it. */
export function pixelTrainer(context: StageContext<Config>, source: OrderSource, task: Task, samples: readonly LabelledSample[], network: TrainedNetwork): FoldTrainer {
  const { config, seed, order, report } = context
  const indexes = Int32Array.from(samples.flatMap(({ isFound, index }) => isFound
    ? [index]
    : []))
  const pixels = openPixels([
    { source, indexes },
  ], { size: network.side, batch: inferenceBatch, threads: order.threads })
  const variablesOf = (foldSeed: number, target: HeadTarget, normalizer: Normalizer): Record<string, TensorData> => ({
    ...network.variables(foldSeed),
    ...headVariables(network.width, config.head, target.outputs, foldSeed),
    ...normalizerTensors(normalizer),
  })
  const anyTarget = headTarget(task, [])
  const first = variablesOf(0, anyTarget, identity(network.width))
  const program = compileNetwork(config, network, anyTarget, first)
  const inference = compileOutputs(config, network, first)
  const fresh = program.save()
  return {
    async run(phase, fold, number, onStep) {
      const data = foldData(samples, fold)
      const target = headTarget(task, data.trainLabels)
      const foldSeed = mixSeed(seed, number)
      const normalizer = network.isPretrained
        ? await codeNormalizer(network, pixels, data.faceRows)
        : identity(network.width)
      program.restore(fresh)
      program.write(variablesOf(foldSeed, target, normalizer))
      const labels = targetLabels(data.labels, target)
      const batches = new BatchOrder(data.trainRows.length, config.batch, foldSeed)
      const outputsOf = async (rows: Int32Array): Promise<Float32Array> => computeOverFaces(pixels, rows, inferenceBatch, faces => inference.run({ faces }).outputs!.data)
      const trained = await train(context, phase, {
        ...headTraining(config, program, data.faceRows, foldSeed),
        feeds: async (step) => {
          const rows = batches.rows(step).map(i => data.trainRows[i]!)
          return {
            faces: await pixels.batch(rows, config.augmentation, mixSeed(foldSeed, step)),
            labels: labelsAt(labels, rows, labelWidth(target)),
          }
        },
        evaluate: async () => {
          inference.write(program.read())
          return validate(await outputsOf(data.validationRows), data.validationLabels, target)
        },
      }, {
        reportAs: reportName(fold),
        onStep,
      })
      inference.write(trained.best)
      const outputs = await outputsOf(data.testRows.filter(row => row >= 0))
      report.log(`${fold.name}: best after ${trained.bestStep} of ${trained.steps} steps`)
      return {
        target,
        clip: normalizer.clip,
        tensors: trained.best,
        trained,
        predictions: withUndetected(predictionsOf(outputs, target), data.testRows, labelWidth(target)),
      } satisfies FoldResult
    },
    async close() {
      program.dispose()
      inference.dispose()
      await pixels.close()
    },
  }
}

function labelsAt<Labels extends Int32Array | Float32Array>(labels: Labels, rows: Int32Array, width: number): Labels {
  const chosen = new (labels.constructor as new (length: number) => Labels)(rows.length * width)
  rows.forEach((row, i) => chosen.set(labels.subarray(row * width, (row + 1) * width), i * width))
  return chosen
}

function identity(size: number): Normalizer {
  return {
    mean: new Float32Array(size),
    scale: new Float32Array(size).fill(1),
    clip: 1e6,
  }
}

/** Brings a network's codes of the training faces to mean 0 on one common scale, so that a fresh head starts as on frozen codes. */
async function codeNormalizer(network: TrainedNetwork, pixels: Loader, rows: Int32Array): Promise<Normalizer> {
  const encoder = compileInference(({ faces }, weights) => ({ code: network.infer(faces as Tensor4D, weights) }), {
    feeds: facesFeed(network, inferenceBatch),
    variables: network.variables(0),
  })
  try {
    return commonScale(unitStatistics(memoryRows(await computeOverFaces(pixels, rows, inferenceBatch, faces => encoder.run({ faces }).code!.data), network.width)), 1e6)
  }
  finally {
    encoder.dispose()
  }
}

/** Embeddings of faces by a network with these weights, f32 [indexes, width]. */
export async function networkFeatures({ order, report }: StageContext<Config>, source: OrderSource, indexes: Int32Array, network: TrainedNetwork, weights: Record<string, TensorData>): Promise<Float32Array> {
  const own = Object.keys(network.variables(0))
  const encoder = compileInference(({ faces }, given) => ({ code: network.infer(faces as Tensor4D, given) }), {
    feeds: facesFeed(network, inferenceBatch),
    variables: Object.fromEntries(own.map(name => [name, weights[name]!])),
  })
  const pixels = openPixels([{ source, indexes }], { size: network.side, batch: inferenceBatch, threads: order.threads })
  try {
    return await computeOverFaces(pixels, Int32Array.from(indexes.keys()), inferenceBatch, faces => encoder.run({ faces }).code!.data, done => report.progress(done, indexes.length, 'faces'))
  }
  finally {
    encoder.dispose()
    await pixels.close()
  }
}

function facesFeed({ side }: TrainedNetwork, batch: number) {
  return { faces: { shape: [batch, side, side, 3], dtype: 'uint8' } } as const
}

function headOutputs(embedding: Tensor2D, weights: Record<string, Tensor>, config: Config, seed?: Tensor): Tensor2D {
  const code = tf.div(tf.sub(embedding, weights['input/mean']!), weights['input/scale']!) as Tensor2D
  return runHead(code, weights, config.head, seed)
}

function compileNetwork(config: Config, network: TrainedNetwork, target: HeadTarget, variables: Record<string, TensorData>): Program {
  const { batch, optimizer } = config
  return compile(({ faces, labels, seed }, weights) => {
    const { embedding, updates } = network.train(faces as Tensor4D, weights)
    return {
      loss: headLoss(headOutputs(embedding, weights, config, seed), labels, target),
      updates,
    }
  }, {
    name: 'network',
    feeds: { ...facesFeed(network, batch), labels: labelFeed(target, batch) },
    variables,
    trainable: Object.keys(variables).filter(name => name.startsWith('head/') || (!name.startsWith('input/') && network.isTrained(name))),
    optimizer,
  })
}

function compileOutputs(config: Config, network: TrainedNetwork, variables: Record<string, TensorData>): InferenceProgram {
  return compileInference(({ faces }, weights) => ({
    outputs: headOutputs(network.infer(faces as Tensor4D, weights), weights, config),
  }), {
    feeds: facesFeed(network, inferenceBatch),
    variables,
  })
}
