import type { z } from 'zod'
import type { Pair, Sample } from '#shared/dataset.ts'
import type { OrderSource, RunResult } from '#shared/order.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { StageContext } from '#worker/stage.ts'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { cosine, evaluatePairs, judgePairs } from '../evaluate/pairs.ts'
import { writePairs } from '../evaluate/predictions.ts'
import { frozenFeatures } from './frozen-features.ts'

/** Verification straight from the encoder: the cosine of two faces' embeddings, no training, no chance (Vielzeuf et al. 2019, Table 3, LFW without parentheses). */
export async function verify(context: StageContext<z.output<typeof transfer.config>>, source: OrderSource, samples: readonly Sample[], pairs: readonly Pair[], found: Int32Array): Promise<RunResult> {
  if (pairs.length === 0)
    throw new FacetError('bad-input', 'the data set has no pairs to verify.', { where: source.name, hint: 'Put its pairs.txt beside the photographs and add it again.' })
  const isFound = new Set(found)
  const indexes = Int32Array.from(new Set(pairs.flatMap(({ a, b }) => [a, b].filter(index => isFound.has(index))))).sort()
  const { data, width } = await frozenFeatures(context, source, indexes)
  const rows = new Map([...indexes].map((index, row) => [
    index,
    data.subarray(row * width, (row + 1) * width),
  ]))
  const judged = judgePairs(pairs.map(({ a, b, ...pair }) => {
    const left = rows.get(a)
    const right = rows.get(b)
    return {
      ...pair,
      paths: [samples[a]!.path, samples[b]!.path] as const,
      cosine: left && right
        ? cosine(left, right)
        : null,
    }
  }))
  mkdirSync(context.artefact, { recursive: true })
  writePairs(path.join(context.artefact, 'predictions.csv'), judged)
  return {
    summary: { pairs: pairs.length, notFound: judged.filter(pair => pair.cosine === null).length },
    evaluations: evaluatePairs(judged),
  }
}
