import type { Pair, Sample, Task } from '#shared/dataset.ts'
import type { Knowledge } from './knowledge.ts'
import type { Fold, LabelledSample } from './transfer-folds.ts'
import { FacetError } from '#shared/errors.ts'
import { drawLabels } from './label-share.ts'
import { labelledSamples } from './transfer-folds.ts'

/** Part of each person's faces that choose the checkpoint, where the data set keeps none for it. */
const validationShare = 0.1

/** Faces of people to learn to tell apart before others are compared. */
export interface IdentityTraining {
  task: Extract<Task, { kind: 'classification' }>
  samples: LabelledSample[]
  fold: Fold
  /** People left out because the pairs show them too. */
  leftOut: number
}

/**
 * What a network is trained on before verification (Vielzeuf et al. 2019, Table 3, LFW in parentheses: 100,000 faces of VGGFace2): faces
 * of the training part, of everybody alike where they are more than asked for. Whoever the pairs show is left out: by name where both data
 * sets name people, and by photograph, with all faces of that person.
 *
 * @throws FacetError where the task is no classification, or fewer than two people are left
 */
export function planIdentities({ task, samples, found, source, hashes }: Knowledge & { hashes: readonly string[] }, tested: { subjects: ReadonlySet<string>, hashes: ReadonlySet<string> }, { faces, seed }: { faces: number, seed: number }): IdentityTraining {
  if (task.kind !== 'classification')
    throw new FacetError('bad-input', `the task is a ${task.kind}; identities are told apart by a classification.`, { where: source.name })
  const all = labelledSamples(task, samples, found)
  const shown = new Set(all.filter(({ index, subject }) => (subject !== null && tested.subjects.has(subject)) || tested.hashes.has(hashes[index]!)).map(({ label }) => label))
  const own = all.filter(({ label, isFound, split }) => isFound && split !== 'test' && !shown.has(label))
  const isKept = own.some(({ split }) => split === 'validation')
  const positions = Int32Array.from(own.keys())
  const validation = isKept
    ? positions.filter(position => own[position]!.split === 'validation')
    : drawLabels(task, own, ofSeveral(own), validationShare, seed)
  const kept = new Set(validation)
  const rest = positions.filter(position => !kept.has(position))
  const train = faces < rest.length
    ? drawLabels(task, own, rest, faces / rest.length, seed)
    : rest
  if (new Set(Array.from(train, position => own[position]!.label)).size < 2 || validation.length === 0)
    throw new FacetError('bad-input', `${shown.size > 0 ? `without ${shown.size} people whom the pairs show, ` : ''}too few people with several found faces are left to learn to tell apart.`, { where: source.name, hint: 'Name a data set of more people, other than those of the pairs.' })
  return { task, samples: own, fold: { name: 'identity', train, validation, test: new Int32Array(0) }, leftOut: shown.size }
}

/** Positions of those who have at least two faces: one of a person's must stay to learn from. */
function ofSeveral(samples: readonly LabelledSample[]): Int32Array {
  const counts = new Map<LabelledSample['label'], number>()
  for (const { label } of samples)
    counts.set(label, (counts.get(label) ?? 0) + 1)
  return Int32Array.from(samples.keys()).filter(position => counts.get(samples[position]!.label)! > 1)
}

/** Who and what stands in pairs. */
export function testedOf(samples: readonly Sample[], pairs: readonly Pair[], hashes: readonly string[]): { subjects: Set<string>, hashes: Set<string> } {
  const indexes = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))]
  return {
    subjects: new Set(indexes.flatMap(index => samples[index]!.subject ?? [])),
    hashes: new Set(indexes.map(index => hashes[index]!)),
  }
}
