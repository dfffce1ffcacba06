import { z } from 'zod'
import { declareStage } from './declare.ts'
import { transfer } from './transfer.ts'

const { task, labels, folds, head, optimizer, schedule, batch, epochs, steps, patience } = transfer.config.shape

/**
 * Select: heads on the frozen embeddings of subsets of the teachers -> the best subset of one knowledge, its predictions, and the scores
 * of all. Vielzeuf et al. 2019, Section 4.3, Table 6: the best teacher (BT, M heads) and the best combination of teachers (BCT, all
 * 2^M - 1 subsets), which the paper chooses on the test set. Each head is the one that transfer trains on the same columns: same first
 * weights, batches, dropout and early stop. Where nothing is trained (verification), the mean of the cosines of a subset's teachers answers.
 */
export const select = declareStage({
  name: 'select',
  version: 1,
  summary: 'Trains heads on subsets of the teachers for one knowledge and chooses the best subset',
  config: z.strictObject({
    task,
    labels,
    folds,
    subsets: z.enum(['single', 'all']).default('all').describe('Single teachers (BT), or all 2^M - 1 subsets of M teachers (BCT)'),
    choose: z.enum(['validation', 'test']).default('validation').describe('What the best subset is chosen on; on test, as the paper does, the figure is an oracle\'s'),
    train: z.union([z.literal('all'), z.int().min(1)], { error: 'must be "all" or a number of subsets of at least 1' }).default('all').describe('How many subsets get heads: those that a ridge solution ranks best on validation, or all'),
    head,
    optimizer,
    schedule,
    batch,
    epochs,
    steps,
    patience,
  }),
  usesSeed: () => true,
  // six heads leave a core idle; 63 fill every one, and a GPU
  usesAllCores: ({ subsets, choose }) => subsets === 'all' && choose === 'validation',
  hasAnswers: true,
})

/** What the ridge solutions that rank subsets add to the diagonal of the Gram matrix, as parts of the number of faces; the best on validation counts. */
export const ridgePenalties = [0.01, 0.1, 1, 10] as const

/** Most teachers of which all subsets are trained: 2^10 - 1 heads. */
export const mostTeachers = 10

/** One subset of the teachers: their places in the study's list, ascending. */
export type Subset = number[]

/** Subsets of `count` teachers: single ones in their order, or all non-empty ones, smaller before larger. */
export function subsetsOf(count: number, kind: 'single' | 'all'): Subset[] {
  const places = Array.from({ length: count }, (_, place) => place)
  if (kind === 'single')
    return places.map(place => [place])
  const all = Array.from({ length: 2 ** count - 1 }, (_, i) => places.filter(place => ((i + 1) >> place) & 1))
  return all.sort((a, b) => a.length - b.length || firstDifference(a, b))
}

function firstDifference(a: Subset, b: Subset): number {
  const at = a.findIndex((place, i) => place !== b[i])
  return at < 0
    ? 0
    : a[at]! - b[at]!
}
