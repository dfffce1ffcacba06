import type { z } from 'zod'
import type { Pair, Sample } from '#shared/dataset.ts'
import type { OrderSource, RunResult } from '#shared/order.ts'
import type { transfer } from '#shared/stages/transfer.ts'
import type { StageContext } from '#worker/stage.ts'
import type { Features } from './frozen-features.ts'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { cosine, evaluatePairs, judgePairs } from '../evaluate/pairs.ts'
import { writePairs } from '../evaluate/predictions.ts'
import { frozenFeatures } from './frozen-features.ts'

/** Verification straight from the encoder: the cosine of two faces' embeddings, no training, no chance (Vielzeuf et al. 2019, Table 3, LFW without parentheses). */
export async function verify(context: StageContext<z.output<typeof transfer.config>>, source: OrderSource, samples: readonly Sample[], pairs: readonly Pair[], found: Int32Array): Promise<RunResult> {
  const indexes = pairedFaces(source, pairs, found)
  return answerPairs(context.artefact, samples, pairs, indexes, await frozenFeatures(context, source, indexes))
}

/** Indexes of the found faces that stand in pairs. @throws FacetError where there are no pairs */
export function pairedFaces(source: OrderSource, pairs: readonly Pair[], found: Int32Array): Int32Array {
  if (pairs.length === 0)
    throw new FacetError('bad-input', 'the data set has no pairs to verify.', { where: source.name, hint: 'Put its pairs.txt beside the photographs and add it again.' })
  const isFound = new Set(found)
  return Int32Array.from(new Set(pairs.flatMap(({ a, b }) => [a, b].filter(index => isFound.has(index))))).sort()
}

/** Compares the embeddings of pairs of faces (row r of `data` is the face with the r-th index), keeps the answers and evaluates them. */
export function answerPairs(artefact: string, samples: readonly Sample[], pairs: readonly Pair[], indexes: Int32Array, { data, width }: Pick<Features, 'data' | 'width'>): RunResult {
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
  mkdirSync(artefact, { recursive: true })
  writePairs(path.join(artefact, 'predictions.csv'), judged)
  return {
    summary: { pairs: pairs.length, notFound: judged.filter(pair => pair.cosine === null).length },
    evaluations: evaluatePairs(judged),
  }
}
