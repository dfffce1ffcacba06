import type { Tensor2D, Tensor4D } from '#worker/engine/tf.ts'
import type { Loader } from '#worker/faces/loader.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { DistilTarget } from './distil-target.ts'
import type { EmbeddingRows } from './embedding-rows.ts'
import type { SourceFaces, UnlabelledFaces } from './unlabelled.ts'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { mixSeed } from '#shared/seeded-random.ts'
import { distil } from '#shared/stages/distil.ts'
import { compile } from '#worker/engine/compile.ts'
import { tf } from '#worker/engine/tf.ts'
import { runOf } from '#worker/stage.ts'
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
import { combinerTarget, multiTaskTarget, sumOfCosines } from './distil-target.ts'
import { eachBlock, embeddingRows, memoryRows, selectRows } from './embedding-rows.ts'
import { unlabelledFaces, validationPart, wordNearCopies } from './unlabelled.ts'

type Config = z.output<typeof distil.config>
type Context = StageContext<Config>

/** Faces in one call outside training. */
const inferenceBatch = 32

/**
 * Trains the student on the unlabelled faces to give h_G, or multi-task the embeddings, keeps the best by its figure on validation
 * faces, measures what it keeps of each teacher.
 */
export const run = runOf(distil, async (context) => {
  const { order, config, artefact, report } = context
  const faces = unlabelledFaces(order.sources, order.teachers.map(({ name }) => name), order.nearCopies)
  wordNearCopies(faces).forEach(line => report.log(line))
  if (faces.count <= config.batch)
    throw new FacetError('bad-input', `${faces.count} faces are left for the student to learn from; a batch alone takes ${config.batch}.`, { hint: 'Add photographs to the unlabelled data sets, or make distil.batch smaller.' })
  const phases = await Phases.open(context)
  const pixels = openPixels([
    ...faces.learn,
    ...faces.unseen,
  ], { size: config.input, batch: inferenceBatch, threads: order.threads })
  const combiner = combinerOf(context)
  const rows = embeddingRows(faces.learn, (combiner?.teachers ?? order.teachers).map(({ name }) => name))
  try {
    const target = combiner ? combinerTarget(combiner, rows) : multiTaskTarget(config.multiTask!, rows, context.seed)
    const parts = validationPart(faces.learn)
    report.log(`${parts.train.length} faces to learn from, ${parts.validation.length} to choose the best weights on`)
    const trained = await trainStudent(context, { phases, pixels, target, ...parts })
    const measured = await measureStudent(context, { phases, pixels, target, rows, faces, tensors: trained.tensors, ...parts })
    const parameters = countParameters(trained.tensors)
    const { size, figure } = target
    saveStudent(artefact, {
      manifest: {
        format: 'facet-student-1',
        network: config.network,
        width: config.width,
        input: config.input,
        size,
        parameters,
        cosine: combiner && trained.figure,
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
        size,
        faces: faces.count,
        [figure.name]: trained.figure,
        bestStep: trained.bestStep,
        ...combiner && { unseenCosine: measured.cosine },
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

/** The combiner whose h_G is learnt; null where the embeddings themselves are. */
function combinerOf({ order, config }: Context): ReturnType<typeof loadCombiner> | null {
  if (config.multiTask)
    return null
  if (!order.combiner)
    throw new FacetError('internal', 'internal: a distil run came without its combiner')
  return loadCombiner(order.combiner)
}

/** What is left of the training beside its weights. */
const TrainedState = z.strictObject({ figure: z.number(), bestStep: z.int() })

interface StudentTraining { phases: Phases, pixels: Loader, target: DistilTarget, train: Int32Array, validation: Int32Array }

async function trainStudent(context: Context, { phases, pixels, target, train: trainRows, validation }: StudentTraining): Promise<{ tensors: Record<string, TensorData>, figure: number, bestStep: number }> {
  const { config, seed } = context
  const { batch, input, optimizer, schedule, augmentation } = config
  const sign = target.figure.better === 'higher' ? -1 : 1
  const { tensors, state } = await phases.run('student', async (phase) => {
    const network = studentVariables(config, target.size, seed)
    const variables = { ...network, ...target.variables }
    const names = Object.keys(network)
    const program = compile(({ faces, target: wanted, seed }, weights) => {
      const { features, updates } = trainBackbone(faces as Tensor4D, weights, config)
      return {
        loss: target.loss(embed(features, weights), wanted as Tensor2D, weights, seed),
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
          shape: [batch, target.rows.width],
          dtype: 'float32',
        },
      },
      variables,
      trainable: trainableNames(variables),
      optimizer,
    })
    const encoder = studentEncoder(config, target.size, network, inferenceBatch)
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
            target: target.rows.gather(rows),
          }
        },
        evaluateEvery: config.evaluateEvery,
        evaluate: async () => {
          encoder.write(program.read(names))
          const codes = await computeOverFaces(pixels, validation, inferenceBatch, encoder.encode)
          const figure = target.measure(codes, validation, program.read(Object.keys(target.variables)))
          return {
            score: sign * figure,
            metrics: { [target.figure.name]: figure },
          }
        },
        patience: 0,
        keep: names,
      }, {
        onStep: (done, total) => context.report.progress(done, total, 'steps'),
      })
      return {
        tensors: best,
        state: { figure: sign * bestScore, bestStep },
      }
    }
    finally {
      program.dispose()
      encoder.dispose()
    }
  })
  return { tensors, ...TrainedState.parse(state) }
}

interface Measurement { phases: Phases, pixels: Loader, target: DistilTarget, rows: EmbeddingRows, faces: UnlabelledFaces, tensors: Record<string, TensorData>, train: Int32Array, validation: Int32Array }

/** nRMSE per teacher on unseen faces through a decoder trained anew on the student's output (Table 5's last columns), and cosine to h_G there. */
async function measureStudent(context: Context, { phases, pixels, target, rows, faces, tensors, train: trainRows, validation }: Measurement): Promise<{ decoder: Record<string, TensorData>, reconstruction?: Record<string, number>, cosine: number | null }> {
  const encoder = studentEncoder(context.config, target.size, tensors, inferenceBatch)
  try {
    const codesOf = async (from: number, count: number): Promise<Float32Array> => computeOverFaces(pixels, Int32Array.from({ length: count }, (_, i) => from + i), inferenceBatch, encoder.encode, done => context.report.progress(done, count, 'faces'))
    const codes = memoryRows(await codesOf(0, faces.count), target.size)
    const scale = commonScale(unitStatistics(codes))
    const codeTable = normalized(codes, scale)
    const zScores = normalized(rows, target.input)
    const decoder = await trainDecoder(context, {
      phases,
      seed: context.seed,
      layers: target.layers,
      codes: {
        train: selectRows(codeTable, trainRows),
        validation: selectRows(codeTable, validation),
      },
      targets: {
        train: selectRows(zScores, trainRows),
        validation: selectRows(zScores, validation),
      },
    })
    if (faces.unseen.length === 0)
      return { decoder, cosine: null }
    const unseenCodes = await codesOf(faces.count, countOf(faces.unseen))
    return {
      decoder,
      ...measureUnseen(target, faces.unseen, unseenCodes, codes => reconstruct(decoder, normalize(codes, scale), target)),
    }
  }
  finally {
    encoder.dispose()
  }
}

/** Codes on one common scale -> z-scores of the embeddings, f32 [n, units]. */
function reconstruct(decoder: Record<string, TensorData>, codes: Float32Array, { size }: DistilTarget): Float32Array {
  return withTensors(decoder, weights => tf.tidy(() => decode(tf.tensor2d(codes, [codes.length / size, size]), weights, 'elu').dataSync() as Float32Array))
}

function measureUnseen({ size, teachers, input, encode }: DistilTarget, unseen: SourceFaces[], codes: Float32Array, reconstructed: (codes: Float32Array) => Float32Array): { reconstruction: Record<string, number>, cosine: number | null } {
  const rows = embeddingRows(unseen, teachers.map(({ name }) => name))
  const meter = reconstructionMeter(teachers)
  let similarity = 0
  try {
    eachBlock(rows, (part, count, from) => {
      const own = codes.subarray(from * size, (from + count) * size)
      if (encode)
        similarity += sumOfCosines(own, encode(part), size)
      meter.add(normalize(part, input), reconstructed(own))
    })
    return {
      reconstruction: meter.result(),
      cosine: encode && similarity / rows.count,
    }
  }
  finally {
    rows.close()
  }
}

function countOf(faces: SourceFaces[]): number {
  return faces.reduce((sum, { indexes }) => sum + indexes.length, 0)
}
