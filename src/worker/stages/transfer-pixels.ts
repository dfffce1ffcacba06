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
import type { StudentShape } from '../models/student-network.ts'
import type { FoldResult, FoldTrainer, LabelledSample } from './transfer-folds.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { compile, compileInference } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { headLoss, headTarget, headVariables, labelFeed, labelWidth, predictionsOf, runHead, targetLabels } from '../models/head.ts'
import { commonScale, unitStatistics } from '../models/normalizer.ts'
import { embed, isMoving, runBackbone, studentVariables, trainBackbone } from '../models/student-network.ts'
import { loadStudent, studentEncoder } from '../models/student.ts'
import { BatchOrder } from '../training/order.ts'
import { computeOverFaces, openPixels } from '../training/pixels.ts'
import { train } from '../training/train.ts'
import { memoryRows } from './embedding-rows.ts'
import { needed } from './frozen-features.ts'
import { foldData, withUndetected } from './transfer-folds.ts'
import { headTraining, normalizerTensors, reportName, validate } from './transfer-frozen.ts'

type Config = z.output<typeof transfer.config>

/** Numbers that a network from scratch gives its head: the paper's 1024, so that it is the student's network with 2,216,023 parameters. */
const scratchSize = 1024
const inferenceBatch = 32

/** The network a training starts from. Without weights it starts anew for every fold. */
interface Start { shape: StudentShape, size: number, tensors: Record<string, TensorData> | null }

function startOf({ config: { encoder }, order }: StageContext<Config>): Start {
  if (encoder.kind === 'scratch')
    return { shape: encoder, size: scratchSize, tensors: null }
  const { manifest, tensors } = loadStudent(needed(order, 'student'))
  return {
    shape: manifest,
    size: manifest.size,
    tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('decoder/'))),
  }
}

/** Trains all parameters of the student's network and a head on it, from the distilled weights or from none. */
export function pixelTrainer(context: StageContext<Config>, source: OrderSource, task: Task, samples: readonly LabelledSample[]): FoldTrainer {
  const { config, seed, order, report } = context
  const start = startOf(context)
  const indexes = Int32Array.from(samples.flatMap(({ isFound, index }) => isFound
    ? [index]
    : []))
  const pixels = openPixels([
    { source, indexes },
  ], { size: start.shape.input, batch: inferenceBatch, threads: order.threads })
  const networkOf = (foldSeed: number): Record<string, TensorData> => start.tensors ?? studentVariables(start.shape, start.size, foldSeed)
  const variablesOf = (foldSeed: number, target: HeadTarget, normalizer: Normalizer): Record<string, TensorData> => ({
    ...networkOf(foldSeed),
    ...headVariables(start.size, config.head, target.outputs, foldSeed),
    ...normalizerTensors(normalizer),
  })
  const anyTarget = headTarget(task, [])
  const first = variablesOf(0, anyTarget, identity(start.size))
  const program = compileNetwork(config, start, anyTarget, first)
  const inference = compileOutputs(config, start, first)
  const fresh = program.save()
  return {
    async run(phase, fold, number, onStep) {
      const data = foldData(samples, fold)
      const target = headTarget(task, data.trainLabels)
      const foldSeed = mixSeed(seed, number)
      const normalizer = start.tensors
        ? await codeNormalizer(start, pixels, data.faceRows)
        : identity(start.size)
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

/** Brings the student's codes of the training faces to mean 0 on one common scale, so that a fresh head starts as on frozen codes. */
async function codeNormalizer({ shape, size, tensors }: Start, pixels: Loader, rows: Int32Array): Promise<Normalizer> {
  const encoder = studentEncoder(shape, size, tensors!, inferenceBatch)
  try {
    return commonScale(unitStatistics(memoryRows(await computeOverFaces(pixels, rows, inferenceBatch, encoder.encode), size)), 1e6)
  }
  finally {
    encoder.dispose()
  }
}

function headOutputs(features: Tensor2D, weights: Record<string, Tensor>, config: Config, seed?: Tensor): Tensor2D {
  const code = tf.div(tf.sub(embed(features, weights), weights['input/mean']!), weights['input/scale']!) as Tensor2D
  return runHead(code, weights, config.head, seed)
}

function compileNetwork(config: Config, { shape }: Start, target: HeadTarget, variables: Record<string, TensorData>): Program {
  const { batch, optimizer } = config
  return compile(({ faces, labels, seed }, weights) => {
    const { features, updates } = trainBackbone(faces as Tensor4D, weights, shape)
    return {
      loss: headLoss(headOutputs(features, weights, config, seed), labels, target),
      updates,
    }
  }, {
    name: 'network',
    feeds: {
      faces: {
        shape: [batch, shape.input, shape.input, 3],
        dtype: 'uint8',
      },
      labels: labelFeed(target, batch),
    },
    variables,
    trainable: Object.keys(variables).filter(name => !isMoving(name) && !name.startsWith('input/')),
    optimizer,
  })
}

function compileOutputs(config: Config, { shape }: Start, variables: Record<string, TensorData>): InferenceProgram {
  return compileInference(({ faces }, weights) => ({
    outputs: headOutputs(runBackbone(faces as Tensor4D, weights, shape), weights, config),
  }), {
    feeds: {
      faces: {
        shape: [
          inferenceBatch,
          shape.input,
          shape.input,
          3,
        ],
        dtype: 'uint8',
      },
    },
    variables,
  })
}
