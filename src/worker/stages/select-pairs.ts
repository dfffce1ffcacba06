import type { RunResult, SelectionResult } from '#shared/order.ts'
import type { Subset } from '#shared/stages/select.ts'
import type { ScoredPair } from '../evaluate/pairs.ts'
import type { UnitGroup } from '../models/normalizer.ts'
import type { RowTable } from './embedding-rows.ts'
import type { Knowledge } from './knowledge.ts'
import type { SelectContext } from './select-result.ts'
import path from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { mean } from '#shared/statistics.ts'
import { bestThreshold, cosine, evaluatePairs, judgePairs } from '../evaluate/pairs.ts'
import { writePairs } from '../evaluate/predictions.ts'
import { normalize, unitStatistics, zScore } from '../models/normalizer.ts'
import { saveSelection } from '../models/selection.ts'
import { embeddingRows, memoryRows } from './embedding-rows.ts'
import { describeTeachers } from './select-ranking.ts'
import { bestPlace, countChosen, summaryOf } from './select-result.ts'

/** A pair with the cosine of each teacher's embeddings; null where a face was not found. */
interface TeacherPair extends Omit<ScoredPair, 'cosine'> { paths: readonly [string, string], cosines: number[] | null }

/**
 * Verification by subsets of teachers without any training: the cosine of their embeddings side by side, each of length 1, which is the
 * mean of the teachers' cosines. Each fold is answered by the subset, and with the threshold, that are best on all other folds; an
 * oracle by the one that is best on all.
 */
export function selectPairs({ config, artefact, order }: SelectContext, knowledge: Knowledge, subsets: readonly Subset[]): RunResult {
  const { pairs, teachers, rows } = readPairs(knowledge, order.teachers.map(({ name }) => name))
  const scored = subsets.map(subset => pairs.map(({ cosines, ...pair }) => ({ ...pair, cosine: cosines && mean(subset.map(place => cosines[place]!)) })))
  const judged = scored.map(judgePairs)
  const folds = [...new Set(pairs.map(({ fold }) => fold))]
  const others = scored.map(of => folds.map(fold => accuracyOn(of.filter(pair => pair.fold !== fold))))
  const tests = judged.map(of => evaluatePairs(of)[0]!.value)
  const best = (scores: readonly number[]): number => bestPlace({ metric: 'accuracy' }, scores)
  const choices = folds.map((_, i) => config.choose === 'test'
    ? best(tests)
    : best(others.map(of => of[i]!)))
  const answers = pairs.map((pair, i) => judged[choices[folds.indexOf(pair.fold)]!]![i]!)
  const result: SelectionResult = {
    metric: 'accuracy',
    teachers: describeTeachers(normalize(rows.read(0, rows.count), zScore(unitStatistics(rows), teachers)), teachers, null, 0),
    subsets: subsets.map((subset, i) => ({ teachers: subset, ridge: null, validation: mean(others[i]!), test: tests[i]!, steps: 0 })),
    chosen: countChosen(choices),
  }
  saveSelection(artefact, { manifest: { format: 'facet-selection-1', task: config.task, result, head: null }, tensors: {} })
  writePairs(path.join(artefact, 'predictions.csv'), answers)
  return { summary: { pairs: pairs.length, notFound: pairs.filter(({ cosines }) => cosines === null).length, ...summaryOf(result) }, evaluations: evaluatePairs(answers), selection: result }
}

/** Accuracy in per cent with the best threshold; a pair without a found face is wrong. */
function accuracyOn(pairs: readonly ScoredPair[]): number {
  const known = pairs.flatMap(({ same, cosine }) => cosine === null ? [] : [{ same, cosine }])
  const threshold = bestThreshold(known)
  return 100 * known.filter(({ same, cosine }) => same === (cosine >= threshold)).length / pairs.length
}

function readPairs({ source, samples, pairs, found }: Knowledge, names: string[]): { pairs: TeacherPair[], teachers: UnitGroup[], rows: RowTable } {
  if (pairs.length === 0)
    throw new FacetError('bad-input', 'the data set has no pairs to verify.', { where: source.name, hint: 'Put its pairs.txt beside the photographs and add it again.' })
  const isFound = new Set(found)
  const indexes = Int32Array.from(new Set(pairs.flatMap(({ a, b }) => [a, b].filter(index => isFound.has(index))))).sort()
  const open = embeddingRows([{ source, indexes, hashes: [] }], names)
  const { teachers, width } = open
  const data = open.read(0, open.count)
  open.close()
  const rowOf = new Map([...indexes].map((index, row) => [index, data.subarray(row * width, (row + 1) * width)]))
  const partsOf = (row: Float32Array): Float32Array[] => teachers.map(({ dimension }, i) => {
    const from = teachers.slice(0, i).reduce((sum, teacher) => sum + teacher.dimension, 0)
    return row.subarray(from, from + dimension)
  })
  return {
    teachers,
    rows: memoryRows(data, width),
    pairs: pairs.map(({ a, b, ...pair }) => {
      const [left, right] = [rowOf.get(a), rowOf.get(b)]
      const parts = left && right && [partsOf(left), partsOf(right)] as const
      return { ...pair, paths: [samples[a]!.path, samples[b]!.path] as const, cosines: parts ? teachers.map((_, i) => cosine(parts[0][i]!, parts[1][i]!)) : null }
    }),
  }
}
