import type { z } from 'zod'
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Loader } from '#worker/faces/loader.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { LoadedCombiner } from '../models/combiner.ts'
import type { EmbeddingRows } from './embedding-rows.ts'
import type { SourceFaces, UnlabelledFaces } from './unlabelled.ts'
import { FacetError } from '#shared/errors.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { distil } from '#shared/stages/distil.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { runOf } from '#worker/stage.ts'
import { cosine } from '../evaluate/pairs.ts'
import { decode } from '../models/autoencoder.ts'
import { loadCombiner } from '../models/combiner.ts'
import { trainDecoder } from '../models/decoder-training.ts'
import { withTensors } from '../models/dense.ts'
import { commonScale, normalize, unitStatistics } from '../models/normalizer.ts'
import { reconstructionMeter } from '../models/reconstruction.ts'
import { countParameters, embed, studentVariables, trainableNames, trainBackbone } from '../models/student-network.ts'
import { saveStudent, studentEncoder } from '../models/student.ts'
import { BatchOrder } from '../training/order.ts'
import { Phases } from '../training/phases.ts'
import { computeOverFaces, openPixels } from '../training/pixels.ts'
import { train } from '../training/train.ts'
import { average, normalized } from './combine.ts'
import { eachBlock, embeddingRows, memoryRows, selectRows } from './embedding-rows.ts'
import { unlabelledFaces, validationPart } from './unlabelled.ts'

type Config = z.output<typeof distil.config>
type Context = StageContext<Config>

/** Faces in one call outside training. */
const inferenceBatch = 32

/** Trains the student on the unlabelled faces to give h_G, keeps the best by validation cosine, measures what it keeps of each teacher. */
export const run = runOf(distil, async (context) => {
  const { order, config, artefact, report } = context
  if (!order.combiner)
    throw new FacetError('internal', 'internal: a distil run came without its combiner')
  const combiner = loadCombiner(order.combiner)
  const faces = unlabelledFaces(order.sources)
  if (faces.count <= config.batch)
    throw new FacetError('bad-input', `${faces.count} faces are left for the student to learn from; a batch alone takes ${config.batch}.`, { hint: 'Add photographs to the unlabelled data sets, or make distil.batch smaller.' })
  const phases = await Phases.open(context)
  const pixels = openPixels([
    ...faces.learn,
    ...faces.unseen,
  ], { size: config.input, batch: inferenceBatch, threads: order.threads })
  const rows = embeddingRows(faces.learn, combiner.teachers.map(({ name }) => name))
  try {
    const parts = validationPart(faces.learn)
    const targets = encodeAll(combiner, rows)
    report.log(`${parts.train.length} faces to learn from, ${parts.validation.length} to choose the best weights on`)
    const trained = await trainStudent(context, {
      phases,
      pixels,
      targets,
      size: combiner.size,
      ...parts,
    })
    const measured = await measureStudent(context, {
      phases,
      pixels,
      combiner,
      rows,
      faces,
      tensors: trained.tensors,
      ...parts,
    })
    const parameters = countParameters(trained.tensors)
    saveStudent(artefact, {
      manifest: {
        format: 'facet-student-1',
        network: config.network,
        width: config.width,
        input: config.input,
        size: combiner.size,
        parameters,
        cosine: trained.cosine,
        faces: { count: faces.count, fingerprint: faces.fingerprint },
      },
      tensors: {
        ...trained.tensors,
        ...measured.decoder,
      },
    })
    return {
      summary: {
        parameters,
        size: combiner.size,
        faces: faces.count,
        validationCosine: trained.cosine,
        bestStep: trained.bestStep,
        unseenCosine: measured.cosine,
        nrmse: measured.reconstruction
          ? average(measured.reconstruction)
          : null,
      },
      evaluations: [],
      reconstruction: measured.reconstruction,
    }
  }
  finally {
    rows.close()
    await pixels.close()
  }
})

/** h_G of every row of a table, f32 [n, size]. */
function encodeAll({ encode, size }: LoadedCombiner, rows: EmbeddingRows): Float32Array {
  const codes = new Float32Array(rows.count * size)
  eachBlock(rows, (part, _, from) => codes.set(encode(part), from * size))
  return codes
}

/**
 * Distillation loss of one batch: mean over faces of 1 - cos(h_G, the student's h_G), in [0, 2].
 * Vielzeuf et al. 2019, Section 3.3, Eq. 4. The paper prints the similarity itself; minimised as printed it would drive the
 * student away from its target, so the loss is one minus it. A zero vector counts as cosine 0.
 *
 * @param target   h_G, the combiner's output            f32 [batch, size]
 * @param student  what the student makes of the pixels  f32 [batch, size]
 */
export function cosineLoss(target: Tensor2D, student: Tensor2D): Scalar {
  const length = (x: Tensor2D): Tensor => tf.sqrt(tf.add(tf.sum(tf.square(x), 1), 1e-12))
  const similarity = tf.div(tf.sum(tf.mul(target, student), 1), tf.mul(length(target), length(student)))
  return tf.mean(tf.sub(1, similarity)) as Scalar
}

interface StudentTraining { phases: Phases, pixels: Loader, targets: Float32Array, size: number, train: Int32Array, validation: Int32Array }

async function trainStudent(context: Context, { phases, pixels, targets, size, train: trainRows, validation }: StudentTraining): Promise<{ tensors: Record<string, TensorData>, cosine: number, bestStep: number }> {
  const { config, seed } = context
  const { batch, input, optimizer, schedule, augmentation } = config
  const table = memoryRows(targets, size)
  const { tensors, state } = await phases.run('student', async (phase) => {
    const variables = studentVariables(config, size, seed)
    const names = Object.keys(variables)
    const program = compile(({ faces, target }, weights) => {
      const { features, updates } = trainBackbone(faces as Tensor4D, weights, config)
      return {
        loss: cosineLoss(target as Tensor2D, embed(features, weights)),
        updates,
      }
    }, {
      name: 'student',
      feeds: {
        faces: {
          shape: [batch, input, input, 3],
          dtype: 'uint8',
        },
        target: {
          shape: [batch, size],
          dtype: 'float32',
        },
      },
      variables,
      trainable: trainableNames(variables),
      optimizer,
    })
    const encoder = studentEncoder(config, size, variables, inferenceBatch)
    try {
      const order = new BatchOrder(trainRows.length, batch, seed)
      const { best, bestScore, bestStep } = await train(context, phase, {
        program,
        seed,
        optimizer,
        schedule,
        steps: config.steps,
        feeds: async (step) => {
          const rows = order.rows(step).map(i => trainRows[i]!)
          return {
            faces: await pixels.batch(rows, augmentation, mixSeed(seed, step)),
            target: table.gather(rows),
          }
        },
        evaluateEvery: config.evaluateEvery,
        evaluate: async () => {
          encoder.write(program.read(names))
          const similarity = await meanCosine(pixels, encoder.encode, validation, table.gather(validation))
          return {
            score: -similarity,
            metrics: { validationCosine: similarity },
          }
        },
        patience: 0,
        keep: names,
      }, {
        onStep: (done, total) => context.report.progress(done, total, 'steps'),
      })
      return {
        tensors: best,
        state: { cosine: -bestScore, bestStep },
      }
    }
    finally {
      program.dispose()
      encoder.dispose()
    }
  })
  return { tensors, ...state as { cosine: number, bestStep: number } }
}

async function meanCosine(pixels: Loader, encode: (pixels: Uint8Array) => Float32Array, rows: Int32Array, targets: Float32Array): Promise<number> {
  const codes = await computeOverFaces(pixels, rows, inferenceBatch, encode)
  const size = codes.length / rows.length
  let sum = 0
  for (let i = 0; i < rows.length; i++)
    sum += cosine(codes.subarray(i * size, (i + 1) * size), targets.subarray(i * size, (i + 1) * size))
  return sum / rows.length
}

interface Measurement { phases: Phases, pixels: Loader, combiner: LoadedCombiner, rows: EmbeddingRows, faces: UnlabelledFaces, tensors: Record<string, TensorData>, train: Int32Array, validation: Int32Array }

/** Cosine to h_G on unseen faces, and nRMSE per teacher through a decoder trained on the student's output. */
async function measureStudent(context: Context, { phases, pixels, combiner, rows, faces, tensors, train: trainRows, validation }: Measurement): Promise<{ decoder: Record<string, TensorData>, reconstruction?: Record<string, number>, cosine: number | null }> {
  const encoder = studentEncoder(context.config, combiner.size, tensors, inferenceBatch)
  try {
    const codesOf = async (from: number, count: number): Promise<Float32Array> => computeOverFaces(pixels, Int32Array.from({ length: count }, (_, i) => from + i), inferenceBatch, encoder.encode, done => context.report.progress(done, count, 'faces'))
    const codes = memoryRows(await codesOf(0, faces.count), combiner.size)
    const scale = commonScale(unitStatistics(codes))
    const codeTable = normalized(codes, scale)
    const targets = normalized(rows, combiner.input)
    const decoder = await trainDecoder(context, {
      phases,
      seed: context.seed,
      layers: combiner.manifest.layers,
      codes: {
        train: selectRows(codeTable, trainRows),
        validation: selectRows(codeTable, validation),
      },
      targets: {
        train: selectRows(targets, trainRows),
        validation: selectRows(targets, validation),
      },
    })
    if (faces.unseen.length === 0)
      return { decoder, cosine: null }
    const unseenCodes = await codesOf(faces.count, countOf(faces.unseen))
    return {
      decoder,
      ...measureUnseen(combiner, faces.unseen, unseenCodes, codes => reconstruct(decoder, normalize(codes, scale), combiner)),
    }
  }
  finally {
    encoder.dispose()
  }
}

/** Codes on one common scale -> z-scores of the embeddings, f32 [n, units]. */
function reconstruct(decoder: Record<string, TensorData>, codes: Float32Array, { size }: LoadedCombiner): Float32Array {
  return withTensors(decoder, weights => tf.tidy(() => decode(tf.tensor2d(codes, [codes.length / size, size]), weights, 'elu').dataSync() as Float32Array))
}

function measureUnseen(combiner: LoadedCombiner, unseen: SourceFaces[], codes: Float32Array, reconstructed: (codes: Float32Array) => Float32Array): { reconstruction: Record<string, number>, cosine: number } {
  const { size } = combiner
  const rows = embeddingRows(unseen, combiner.teachers.map(({ name }) => name))
  const meter = reconstructionMeter(combiner.teachers)
  let similarity = 0
  try {
    eachBlock(rows, (part, count, from) => {
      const own = codes.subarray(from * size, (from + count) * size)
      const targets = combiner.encode(part)
      for (let i = 0; i < count; i++)
        similarity += cosine(own.subarray(i * size, (i + 1) * size), targets.subarray(i * size, (i + 1) * size))
      meter.add(normalize(part, combiner.input), reconstructed(own))
    })
    return {
      reconstruction: meter.result(),
      cosine: similarity / rows.count,
    }
  }
  finally {
    rows.close()
  }
}

function countOf(faces: SourceFaces[]): number {
  return faces.reduce((sum, { indexes }) => sum + indexes.length, 0)
}
