import type { Pair, Sample, Task } from '#shared/dataset.ts'
import type { Knowledge } from './knowledge.ts'
import type { Fold, LabelledSample } from './transfer-folds.ts'
import { FacetError } from '#shared/errors.ts'
import { drawLabels } from './label-share.ts'
import { labelledSamples } from './transfer-folds.ts'

/** Part of each person's faces that choose the checkpoint, where the data set keeps none for it. */
const validationShare = 0.1
/** Validation is not cut to fewer faces than these, however few are trained on. */
const leastValidation = 1000

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
 * of the training part, of everybody alike where they are more than asked for, and at most a tenth as many (or 1,000) to choose the
 * checkpoint; one of each person at least. Whoever the pairs show is left out: by name where both data sets name people, and by
 * photograph, with all faces of that person.
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
  const kept = isKept
    ? positions.filter(position => own[position]!.split === 'validation')
    : drawLabels(task, own, ofSeveral(own), validationShare, seed)
  const isOfKept = new Set(kept)
  const train = atMost(faces, task, own, positions.filter(position => !isOfKept.has(position)), seed)
  const validation = atMost(Math.max(leastValidation, Math.ceil(faces * validationShare)), task, own, kept, seed)
  if (new Set(Array.from(train, position => own[position]!.label)).size < 2 || validation.length === 0)
    throw new FacetError('bad-input', `${shown.size > 0 ? `without ${shown.size} people whom the pairs show, ` : ''}too few people with several found faces are left to learn to tell apart.`, { where: source.name, hint: 'Name a data set of more people, other than those of the pairs.' })
  return { task, ...onlyUsed(own, train, validation), leftOut: shown.size }
}

/** Not more faces than asked for, of everybody alike; at least one of each person that any are of. */
function atMost(faces: number, task: IdentityTraining['task'], samples: readonly LabelledSample[], positions: Int32Array, seed: number): Int32Array {
  return faces < positions.length
    ? drawLabels(task, samples, positions, faces / positions.length, seed)
    : positions
}

/** The fold over those samples alone that it uses: features are held in memory for all samples there are, and a data set may have millions. */
function onlyUsed(samples: readonly LabelledSample[], train: Int32Array, validation: Int32Array): Pick<IdentityTraining, 'samples' | 'fold'> {
  const used = Int32Array.from([...train, ...validation]).sort()
  const places = new Map(Array.from(used, (position, place) => [position, place]))
  const placed = (part: Int32Array): Int32Array => part.map(position => places.get(position)!)
  return {
    samples: Array.from(used, position => samples[position]!),
    fold: { name: 'identity', train: placed(train), validation: placed(validation), test: new Int32Array(0) },
  }
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
