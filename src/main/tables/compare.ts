import type { Comparison } from '#shared/comparison.ts'
import type { Evaluation } from '#shared/order.ts'
import type { PairedTest } from './paired.ts'
import { FacetError } from '#shared/errors.ts'
import { leavesOf } from '#shared/leaves.ts'
import { betterOf } from '#shared/scores.ts'
import { correct, pairedTests } from './paired.ts'

/** What one test sample or pair was worth: 100 or 0 per cent, or an absolute error. */
export interface SampleScore {
  id: string
  score: number
  /** Samples of one cluster (a person) are drawn together. */
  cluster: string | null
  /** Of a pair with two found faces, for the area under the curve. */
  pair?: { same: boolean, cosine: number }
}

/** A run as plain data. */
export interface ComparedRun {
  key: string
  stage: string
  label: string
  /** Everything that its key covers: configuration, inputs, seed. */
  asked: unknown
  summary: Record<string, number | string | boolean | null>
  evaluations: Evaluation[]
  /** What is predicted on which data set; only runs of the same can be tested against each other. */
  knowledge: string | null
  better: 'higher' | 'lower' | null
  /** null where the run has no per-sample answers. */
  scores: SampleScore[] | null
}

const most = 8

/** A to H, in the order in which runs were named. */
export function letterOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index)
}

function leavesByPath(runs: ComparedRun[]): Comparison['differences'] {
  const leaves = runs.map(run => new Map(leavesOf({ stage: run.stage, ...run.asked as object })))
  const paths = [...new Set(leaves.flatMap(map => [...map.keys()]))]
  return paths.map(path => ({ path, values: leaves.map(map => map.get(path) ?? null) }))
}

function figuresOf(runs: ComparedRun[]): Comparison['figures'] {
  const scopes = (['test', 'all', 'unseen'] as const).filter(scope => runs.some(run => run.evaluations.some(evaluation => evaluation.scope === scope)))
  const evaluated = scopes.flatMap((scope) => {
    const metrics = [
      ...new Set(runs.flatMap(run => run.evaluations.filter(evaluation => evaluation.scope === scope).map(({ metric }) => metric))),
    ]
    return metrics.map((metric): Comparison['figures'][number] => {
      const cells = runs.map(run => run.evaluations.find(evaluation => evaluation.scope === scope && evaluation.metric === metric))
      return {
        name: `${metric} (${scope})`,
        better: betterOf(metric),
        values: cells.map(cell => cell?.value ?? null),
        intervals: cells.map(cell => cell?.interval ?? null),
      }
    })
  })
  const names = [
    ...new Set(runs.flatMap(run => Object.keys(run.summary).filter(name => typeof run.summary[name] === 'number'))),
  ]
  return [
    ...evaluated,
    ...names.map((name): Comparison['figures'][number] => ({
      name,
      better: null,
      values: runs.map(({ summary }) => typeof summary[name] === 'number'
        ? summary[name]
        : null),
      intervals: runs.map(() => null),
    })),
  ]
}

async function testsOf(runs: ComparedRun[]): Promise<{ tests: Comparison['tests'], notes: string[] }> {
  const [reference, ...others] = runs as [ComparedRun, ...ComparedRun[]]
  const letters = others.map((_, i) => letterOf(i + 1))
  const reasons = others.map((run, i) => whyUntested(reference, run, letters[i]!))
  const testable = others.filter((_, i) => reasons[i] === null)
  const results = (await pairedTests(reference.scores ?? [], testable.map(({ scores }) => scores!), { areShares: reference.better !== 'lower' })).values()
  const notes: string[] = []
  const tests: ({ letter: string } & PairedTest)[] = []
  for (const [i, run] of others.entries()) {
    const letter = letters[i]!
    const reason = reasons[i]
    const test = reason === null ? results.next().value! : null
    if (!test) {
      notes.push(`${letter}: no test against A, ${reason ?? 'they share no test sample'}.`)
      continue
    }
    if (test.shared < Math.max(run.scores!.length, reference.scores!.length))
      notes.push(`${letter}: tested on the ${test.shared} samples that both answered.`)
    tests.push({ letter, ...test })
  }
  return {
    notes,
    tests: correct(tests, () => reference.better ?? 'higher').map(test => test!),
  }
}

function whyUntested(reference: ComparedRun, run: ComparedRun, letter: string): string | null {
  if (!reference.scores || !run.scores)
    return `${reference.scores ? letter : 'A'} has no answers per sample`
  return run.knowledge === reference.knowledge
    ? null
    : `${run.knowledge} is not ${reference.knowledge}`
}

/**
 * Compares 2 to 8 runs with the first as reference: what differs in configuration, inputs and seed, their figures, and a paired
 * bootstrap of the per-sample scores, Holm-corrected over the tests shown. Refuses other counts and a key given twice.
 */
export async function compareRuns(runs: ComparedRun[]): Promise<Comparison> {
  if (runs.length < 2 || runs.length > most) {
    throw new FacetError('usage', `${runs.length} ${runs.length === 1
      ? 'run'
      : 'runs'} to compare; it must be 2 to ${most}.`)
  }
  const twice = runs.find(({ key }, i) => runs.findIndex(run => run.key === key) < i)
  if (twice)
    throw new FacetError('usage', `Run ${twice.key.slice(0, 8)} is named twice.`, { hint: 'Name different runs; equal keys have equal results.' })
  const { tests, notes } = await testsOf(runs)
  const leaves = leavesByPath(runs)
  const isEqual = ({ values }: { values: (string | null)[] }): boolean => new Set(values).size === 1
  return {
    runs: runs.map(({ key, stage, label }, i) => ({
      letter: letterOf(i),
      key,
      stage,
      label,
    })),
    differences: leaves.filter(leaf => !isEqual(leaf)),
    equal: leaves.filter(isEqual).map(({ path, values: [value] }) => ({ path, value: value! })),
    figures: figuresOf(runs),
    tests,
    notes,
  }
}
