import type { Sample, Split, Task } from '#shared/dataset.ts'
import type { Label } from '#shared/scores.ts'
import type { SeededRandom } from '#shared/seeded-random.ts'
import type { TensorData } from '#worker/stage.ts'
import type { HeadTarget } from '../models/head.ts'
import type { Phase } from '../training/phases.ts'
import type { Trained } from '../training/train.ts'
import { packAttributes, parseAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { permutation, seededRandom } from '#shared/seeded-random.ts'

/** A sample of the task with its label. */
export interface LabelledSample { index: number, path: string, split: Split | null, subject: string | null, unseen: boolean, label: Label, isFound: boolean }

/** One training: positions in the list of labelled samples. `test` holds undetected ones too; `faces`: all training faces, where only some labels are used. */
export interface Fold { name: string, train: Int32Array, validation: Int32Array, test: Int32Array, faces?: Int32Array }

/** Part of the training people whose faces choose the checkpoint. */
const innerValidation = 0.15

/** The samples that have the task's label. */
export function labelledSamples(task: Exclude<Task, { kind: 'verification' }>, samples: readonly Sample[], found: Int32Array): LabelledSample[] {
  const isFound = new Set(found)
  return samples.flatMap(({ path, labels, split, subject, unseen }, index) => {
    const label = labels[task.label]
    if (label === undefined)
      return []
    if (task.kind === 'attributes')
      parseAttributes(label, task, path)
    else if (typeof label !== 'number')
      throw new FacetError('bad-input', `label "${task.label}" is ${JSON.stringify(label)}; it must be a number.`, { where: path })
    return [
      {
        index,
        path,
        split,
        subject,
        unseen,
        label,
        isFound: isFound.has(index),
      },
    ]
  })
}

/**
 * Which samples train, choose and test. `split` protocol: the data set's parts, one fold. `subjects`: each person left out in turn
 * or `folds` groups of people; of the others some people choose the checkpoint, by the seed. Groups do not depend on the seed.
 */
export function planFolds(task: Task, samples: readonly LabelledSample[], folds: 'subject' | number, seed: number): Fold[] {
  return task.protocol === 'split'
    ? [
        splitFold(samples),
      ]
    : subjectFolds(samples, folds, seed)
}

function positions(samples: readonly LabelledSample[], wanted: (sample: LabelledSample) => boolean): Int32Array {
  return Int32Array.from(samples.flatMap((sample, i) => wanted(sample)
    ? [i]
    : []))
}

function splitFold(samples: readonly LabelledSample[]): Fold {
  const fold = {
    name: 'split',
    train: positions(samples, sample => sample.split === 'train' && sample.isFound),
    validation: positions(samples, sample => sample.split === 'validation' && sample.isFound),
    test: positions(samples, sample => sample.split === 'test'),
  }
  for (const part of ['train', 'validation', 'test'] as const) {
    if (fold[part].length === 0)
      throw new FacetError('bad-input', `the data set has no ${part} samples with a found face.`, { hint: 'Add the data set again with splits that name train, validation and test samples.' })
  }
  return fold
}

function subjectFolds(samples: readonly LabelledSample[], folds: 'subject' | number, seed: number): Fold[] {
  const subjects = [
    ...new Set(samples.map(({ subject, path }) => {
      if (subject === null)
        throw new FacetError('bad-input', 'the sample names no person, but its task leaves people out in turn.', { where: path })
      return subject
    })),
  ].sort()
  if (subjects.length < 3)
    throw new FacetError('bad-input', `the data set has ${subjects.length} people; leaving people out needs at least 3.`)
  const groups = folds === 'subject'
    ? subjects.map(subject => [subject])
    : groupSubjects(samples, subjects, Math.min(folds, subjects.length))
  return groups.map((left, number) => {
    const chosen = chooseSubjects(samples, subjects.filter(subject => !left.includes(subject)), seededRandom(seed, number))
    const isLeftOut = (sample: LabelledSample): boolean => left.includes(sample.subject!)
    const fold = {
      name: `fold-${number}`,
      train: positions(samples, sample => sample.isFound && !isLeftOut(sample) && !chosen.has(sample.subject!)),
      validation: positions(samples, sample => sample.isFound && chosen.has(sample.subject!)),
      test: positions(samples, isLeftOut),
    }
    if (fold.train.length === 0 || fold.validation.length === 0)
      throw new FacetError('bad-input', `without ${left.join(', ')} too few people have a found face to train on some and choose on others.`, { hint: 'Add photographs of more people, or look at what prepare did not find.' })
    return fold
  })
}

/** Groups of about equal numbers of samples: the largest person first, each to the smallest group. */
function groupSubjects(samples: readonly LabelledSample[], subjects: readonly string[], count: number): string[][] {
  const sizes = new Map(subjects.map(subject => [subject, samples.filter(sample => sample.subject === subject).length]))
  const groups = Array.from({ length: count }, () => ({ subjects: [] as string[], size: 0 }))
  for (const subject of subjects.toSorted((a, b) => sizes.get(b)! - sizes.get(a)! || (a < b
    ? -1
    : 1))) {
    const smallest = groups.reduce((best, group) => group.size < best.size
      ? group
      : best)
    smallest.subjects.push(subject)
    smallest.size += sizes.get(subject)!
  }
  return groups.map(group => group.subjects)
}

/** People, at random, who together hold about 15 % of the samples; at least one, and at least one stays to train on. */
function chooseSubjects(samples: readonly LabelledSample[], subjects: readonly string[], random: SeededRandom): Set<string> {
  const counts = new Map(subjects.map(subject => [subject, samples.filter(sample => sample.subject === subject && sample.isFound).length]))
  const total = [
    ...counts.values(),
  ].reduce((sum, count) => sum + count, 0)
  const chosen = new Set<string>()
  let size = 0
  for (const i of permutation(subjects.length, random)) {
    if (size >= total * innerValidation || chosen.size === subjects.length - 1)
      break
    chosen.add(subjects[i]!)
    size += counts.get(subjects[i]!)!
  }
  return chosen
}

/** What one fold left behind: its model, and its predictions of the fold's test samples, one or more numbers each (NaN where no face was found). */
export interface FoldResult {
  target: HeadTarget
  clip: number
  /** head/..., input/mean, input/scale, and the network's own where it was trained. */
  tensors: Record<string, TensorData>
  trained: Trained
  predictions: Float32Array
}

/** Numbers of a label as the loss knows them: one, or 1, 0 and -1 (nobody said) for each attribute. */
function numbersOf(label: Label): ArrayLike<number> {
  return typeof label === 'number'
    ? [label]
    : Int8Array.from(label, character => character === '-'
        ? -1
        : Number(character))
}

/** An answer as it is kept: null where no face was found. */
export function answerOf(task: Task, numbers: Float32Array): Label | null {
  if (Number.isNaN(numbers[0]))
    return null
  return task.kind === 'attributes'
    ? packAttributes(Array.from(numbers, Boolean))
    : numbers[0]!
}

/** Trains one fold after the other; opened once for all. */
export interface FoldTrainer {
  run: (phase: Phase, fold: Fold, number: number, onStep: (done: number, total: number) => void) => Promise<FoldResult>
  close: () => Promise<void>
}

/** A fold in rows of the found faces: row r is the r-th labelled sample with a face. Labels of one sample lie side by side. */
export interface FoldData {
  trainRows: Int32Array
  /** Training faces whether or not their labels are used. */
  faceRows: Int32Array
  trainLabels: Float64Array
  validationRows: Int32Array
  validationLabels: Float64Array
  /** -1 where no face was found. */
  testRows: Int32Array
  /** Of every row. */
  labels: Float64Array
}

export function foldData(samples: readonly LabelledSample[], fold: Fold): FoldData {
  let next = 0
  const rowOf = samples.map(({ isFound }) => isFound
    ? next++
    : -1)
  const rowsOf = (positions: Int32Array): Int32Array => positions.map(i => rowOf[i]!)
  return {
    trainRows: rowsOf(fold.train),
    faceRows: rowsOf(fold.faces ?? fold.train),
    trainLabels: labelsOf(samples, fold.train),
    validationRows: rowsOf(fold.validation),
    validationLabels: labelsOf(samples, fold.validation),
    testRows: rowsOf(fold.test),
    labels: labelsOf(samples, positions(samples, ({ isFound }) => isFound)),
  }
}

function labelsOf(samples: readonly LabelledSample[], positions: Int32Array): Float64Array {
  const width = samples[0]
    ? numbersOf(samples[0].label).length
    : 1
  const labels = new Float64Array(positions.length * width)
  positions.forEach((position, i) => labels.set(numbersOf(samples[position]!.label), i * width))
  return labels
}

/** Predictions of found faces, `width` numbers each, in the places of all test samples; NaN where no face was found. */
export function withUndetected(predictions: Float32Array, rows: Int32Array, width: number): Float32Array {
  const all = new Float32Array(rows.length * width).fill(Number.NaN)
  let next = 0
  rows.forEach((row, i) => {
    if (row >= 0)
      all.set(predictions.subarray(width * next++, width * next), i * width)
  })
  return all
}
