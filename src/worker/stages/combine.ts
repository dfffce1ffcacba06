import type { CombinerConfig } from '#shared/stages/combine.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { Combiner } from '../models/combiner.ts'
import type { Normalizer, UnitStatistics } from '../models/normalizer.ts'
import type { Pca } from '../models/pca.ts'
import type { BaselineErrors } from '../models/reconstruction.ts'
import type { EmbeddingRows, RowTable } from './embedding-rows.ts'
import type { UnlabelledFaces } from './unlabelled.ts'
import { FacetError } from '#shared/errors.ts'
import { combine } from '#shared/stages/combine.ts'
import { mean } from '#shared/statistics.ts'
import { runOf } from '#worker/stage.ts'
import { trainAutoencoder } from '../models/autoencoder-training.ts'
import { normaliserTensors, rawCodes, saveCombiner, useCombiner } from '../models/combiner.ts'
import { centred, commonScale, livingUnits, normalize, unitStatistics, zScore } from '../models/normalizer.ts'
import { fitPca } from '../models/pca.ts'
import { phiS } from '../models/phi-s.ts'
import { baselineErrors, reconstructionMeter } from '../models/reconstruction.ts'
import { Phases } from '../training/phases.ts'
import { eachBlock, embeddingRows, selectRows } from './embedding-rows.ts'
import { unlabelledFaces, validationPart, wordNearCopies } from './unlabelled.ts'

type Config = CombinerConfig

/** Learns G from the unlabelled faces of all sources and measures what it keeps of each teacher on faces it never saw. */
export const run = runOf(combine, async (context) => {
  const { order, artefact, report } = context
  const teachers = order.teachers.map(({ name }) => name)
  const faces = unlabelledFaces(order.sources, teachers, order.nearCopies)
  wordNearCopies(faces).forEach(line => report.log(line))
  if (faces.count < 3)
    throw new FacetError('bad-input', `${faces.count} faces are left for the combiner to learn from; it needs at least 3.`, { hint: 'Add photographs to the unlabelled data sets.' })
  const rows = embeddingRows(faces.learn, teachers)
  const unseen = faces.unseen.length > 0
    ? embeddingRows(faces.unseen, teachers)
    : null
  try {
    const { combiner, summary } = await learnCombiner(context, faces, rows)
    saveCombiner(artefact, combiner)
    const measured = unseen ? measure(combiner, rows, unseen) : null
    return {
      summary: {
        ...summary,
        size: combiner.manifest.size,
        faces: faces.count,
        ...order.nearCopies !== undefined && { nearCopies: faces.nearCopies.length },
        unseenFaces: unseen?.count ?? 0,
        nrmse: measured && average(measured.reconstruction),
      },
      evaluations: [],
      ...measured,
    }
  }
  finally {
    rows.close()
    unseen?.close()
  }
})

async function learnCombiner(context: StageContext<Config>, faces: UnlabelledFaces, rows: EmbeddingRows): Promise<{ combiner: Combiner, summary: Record<string, number> }> {
  const { config, report } = context
  const statistics = unitStatistics(rows)
  const zScores = zScore(statistics, rows.teachers)
  report.log(`${faces.count} faces without labels; ${rows.width - zScores.scale.filter(scale => scale > 0).length} of ${rows.width} units never move`)
  const input = fitInput(config, rows, statistics, zScores)
  const size = sizeOf(config, rows)
  const learnt = await learn(context, rows, { ...input, size, ...validationPart(faces.learn) })
  const combiner = withCodeScale({
    manifest: {
      format: 'facet-combiner-1',
      kind: config.kind,
      size,
      teachers: rows.teachers,
      activation: config.activation,
      layers: config.layers,
      normalise: config.normalise,
      clip: zScores.clip,
      faces: { count: faces.count, fingerprint: faces.fingerprint },
    },
    tensors: {
      'input/mean': vector(zScores.mean),
      'input/scale': vector(zScores.scale),
      ...normaliserTensors(config.normalise, input.normalizer),
      ...learnt.tensors,
    },
  }, rows, input.normalizer)
  return { combiner, summary: learnt.summary }
}

interface Input {
  normalizer: Normalizer
  /** Units that move, after normalising. */
  living: Uint8Array
  /** Of all units together, after normalising. */
  variance: number
}

/** How the embeddings are brought to the combiner. */
function fitInput({ normalise }: Config, rows: EmbeddingRows, statistics: UnitStatistics, zScores: Normalizer): Input {
  const living = livingUnits(statistics.std, rows.teachers)
  switch (normalise) {
    case 'none': return { normalizer: centred(statistics, rows.teachers), living, variance: statistics.std.reduce((sum, std) => sum + std ** 2, 0) }
    case 'zscore': return { normalizer: zScores, living, variance: total(living) }
    case 'phi-s': {
      const normalizer = phiS(rows, statistics, rows.teachers)
      // a rotation spreads what moves over all units of its teacher
      const turned = Uint8Array.from(normalizer.scale, scale => Number(scale > 0))
      return { normalizer, living: turned, variance: total(turned) }
    }
    default: return normalise satisfies never
  }
}

function total(values: Uint8Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** Size of h_G: as configured, or the average of the teachers' (Section 3.2). concat keeps all. */
function sizeOf({ kind, size }: Config, { teachers, width }: EmbeddingRows): number {
  if (kind === 'concat')
    return width
  return size === 'mean'
    ? Math.round(width / teachers.length)
    : size
}

interface Learning extends Input { size: number, train: Int32Array, validation: Int32Array }

async function learn(context: StageContext<Config>, rows: EmbeddingRows, { normalizer, living, variance, size, train, validation }: Learning): Promise<{ tensors: Record<string, TensorData>, summary: Record<string, number> }> {
  const { config, seed } = context
  const fit = (): Pca => fitPca(rows, size, part => normalize(part, normalizer))
  switch (config.kind) {
    case 'concat': return { tensors: {}, summary: {} }
    case 'pca': {
      const { components, variances, units } = fit()
      return {
        tensors: {
          components: {
            dtype: 'float32',
            shape: [units, size],
            data: components,
          },
        },
        summary: { variance: variances.reduce((sum, value) => sum + value, 0) / variance },
      }
    }
    case 'ae':
    case 'vae':
    case 'dae': return trainAutoencoder(context, {
      phases: await Phases.open(context),
      config,
      size,
      seed,
      groups: rows.teachers,
      living,
      train: normalized(selectRows(rows, train), normalizer),
      validation: normalized(selectRows(rows, validation), normalizer),
      // PCA of all faces, those that choose the weights among them: training must beat it where it is at its best, else PCA stays
      components: config.kind === 'ae' && config.skip === 'linear' ? fit().components : null,
    })
    default: return config.kind satisfies never
  }
}

/** The table with every row normalised when it is read. */
export function normalized(table: RowTable, normalizer: Normalizer): RowTable {
  return {
    ...table,
    read: (from, to) => normalize(table.read(from, to), normalizer),
    gather: rows => normalize(table.gather(rows), normalizer),
  }
}

/** Adds what brings codes to mean 0 on one common scale, so that h_G is of one size whatever made it. */
function withCodeScale({ manifest, tensors }: Combiner, rows: RowTable, input: Normalizer): Combiner {
  const raw: Combiner = { manifest, tensors }
  const codes = (part: Float32Array): Float32Array => rawCodes(raw, normalize(part, input))
  const { mean, scale } = commonScale(unitStatistics({
    count: rows.count,
    width: manifest.size,
    read: (from, to) => codes(rows.read(from, to)),
    gather: wanted => codes(rows.gather(wanted)),
  }))
  return {
    manifest,
    tensors: {
      ...tensors,
      'code/mean': vector(mean),
      'code/scale': {
        dtype: 'float32',
        shape: [],
        data: scale.slice(0, 1),
      },
    },
  }
}

/** What the combiner keeps of each teacher on faces it never saw, and what answers have that take no look at them. */
function measure(combiner: Combiner, rows: EmbeddingRows, unseen: EmbeddingRows): { reconstruction: Record<string, number>, baselines: BaselineErrors } {
  const { encode, decode, input } = useCombiner(combiner)
  const meter = reconstructionMeter(unseen.teachers)
  eachBlock(unseen, part => meter.add(normalize(part, input), normalize(decode(encode(part)), input)))
  return { reconstruction: meter.result(), baselines: baselineErrors(rows, unseen, input, rows.teachers) }
}

/** Mean over teachers; null where no teacher has a figure. */
export function average(values: Record<string, number>): number | null {
  const all = Object.values(values)
  return all.length > 0
    ? mean(all)
    : null
}

function vector(data: Float32Array): TensorData {
  return {
    dtype: 'float32',
    shape: [data.length],
    data,
  }
}
