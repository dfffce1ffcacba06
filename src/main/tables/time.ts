import type { StageName } from '#shared/stages/declare.ts'
import type { MissingReason, TableCell, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { TableInput } from './input.ts'
import type { TableBuilder } from './table.ts'
import { cellOf, withBest } from './cells.ts'

type Part = 'preparing' | 'unlabelled' | 'target'

/** What a stage's time goes to: faces and embeddings are made before anything is trained. */
const parts: Record<StageName, Part> = { prepare: 'preparing', embed: 'preparing', combine: 'unlabelled', distil: 'unlabelled', transfer: 'target', select: 'target' }

interface RowKind {
  title: string
  /** How often each part counts. */
  times: Partial<Record<Part, number>>
  /** Whether methods are compared by it. */
  isCompared: boolean
}

const whole = 'All training'
const rowKinds: RowKind[] = [
  { title: 'Faces and embeddings', times: { preparing: 1 }, isCompared: false },
  { title: 'Training on unlabelled faces', times: { unlabelled: 1 }, isCompared: false },
  { title: 'Training on target knowledge', times: { target: 1 }, isCompared: true },
  { title: whole, times: { unlabelled: 1, target: 1 }, isCompared: true },
  { title: 'All training, twice the knowledge', times: { unlabelled: 1, target: 2 }, isCompared: true },
]

/** Milliseconds of one seed of a method by part, with the runs they are the time of. */
interface SeedTime { seed: number, durations: Record<Part, number>, keys: Record<Part, string[]> }

const none: SeedTime[] = []

/** The runs and all that they build on, each once. */
function withNeeds(keys: readonly string[], runs: TableInput['runs']): Set<string> {
  const found = new Set<string>()
  const next = [...keys]
  while (next.length > 0) {
    const key = next.pop()!
    if (!found.has(key))
      next.push(...runs.get(key)?.needs ?? [])
    found.add(key)
  }
  return found
}

/** The time of one seed; null where a run that it needs is not done. */
function timeOf(method: string, seed: number, { cells, runs }: TableInput): SeedTime | null {
  const own = cells.flatMap(cell => cell.method === method && cell.seed === seed && cell.key !== null ? [cell.key] : [])
  const time: SeedTime = { seed, durations: { preparing: 0, unlabelled: 0, target: 0 }, keys: { preparing: [], unlabelled: [], target: [] } }
  const needed = withNeeds(own, runs)
  for (const key of needed) {
    const run = runs.get(key)
    if (!run || run.durationMs === null)
      return null
    time.durations[parts[run.stage]] += run.durationMs
    time.keys[parts[run.stage]].push(key)
  }
  const longestFirst = (a: string, b: string): number => runs.get(b)!.durationMs! - runs.get(a)!.durationMs!
  Object.values(time.keys).forEach(keys => keys.sort(longestFirst))
  return needed.size === 0 ? null : time
}

/** Why there is no time yet, or one of fewer seeds than the study asks for. */
function missingOf(method: string, have: number, input: TableInput): MissingReason | null {
  const wanted = input.seeds(method).length
  if (have === wanted)
    return null
  const possible = input.cells.filter(cell => cell.method === method && cell.key !== null)
  if (possible.length === 0)
    return { reason: 'the study has no knowledge for it', command: null }
  const told = input.missing.find(entry => entry.method === method && possible.some(({ knowledge }) => knowledge === entry.knowledge))
  const reason = told?.reason ?? 'not computed yet'
  return { reason: have === 0 ? reason : `${have} of ${wanted} seeds are done (${reason})`, command: told ? told.command : input.runCommand }
}

function cellOfTimes(kind: RowKind, times: SeedTime[], unitMs: number, missing: MissingReason | null): TableCell {
  const wanted = Object.entries(kind.times) as [Part, number][]
  const keysOf = (time: SeedTime): string[] => wanted.flatMap(([part]) => time.keys[part])
  const values = times.map((time): SeedValue => ({
    seed: time.seed,
    // seeds that share every run are one measurement
    key: keysOf(time).toSorted().join(),
    value: wanted.reduce((sum, [part, count]) => sum + count * time.durations[part], 0) / unitMs,
  }))
  return { ...cellOf(values, { reference: null, missing }), keys: [...new Set(times.flatMap(keysOf))] }
}

/** The unit in which the longest time has few digits. */
function unitOf(times: SeedTime[]): { unit: string, unitMs: number } {
  return timeUnit(Math.max(0, ...times.map(({ durations }) => durations.unlabelled + durations.target)))
}

/** Hours, minutes or seconds, so that a time of `longest` milliseconds has few digits. */
export function timeUnit(longest: number): { unit: 's' | 'min' | 'h', unitMs: number } {
  if (longest >= 2 * 3_600_000)
    return { unit: 'h', unitMs: 3_600_000 }
  return longest >= 120_000 ? { unit: 'min', unitMs: 60_000 } : { unit: 's', unitMs: 1000 }
}

/** Methods that serve fewer knowledge than the study has: their times are not to be set beside the others'. */
function shortfalls({ cells, methods }: TableInput): string[] {
  return methods.flatMap((method) => {
    const left = [...new Set(cells.filter(cell => cell.method === method && cell.key === null).map(({ knowledge }) => knowledge))]
    return left.length > 0 ? [`${method} without ${left.join(', ')}`] : []
  })
}

/** Measured training time of each method. Vielzeuf et al. 2019, Section 4.6, Figure 3. */
export const time: TableBuilder = {
  name: 'time',
  title: 'Training time',
  paper: 'Figure 3',
  build(input) {
    const times = new Map(input.methods.map(method => [method, input.seeds(method).flatMap(seed => timeOf(method, seed, input) ?? [])]))
    const missing = new Map(input.methods.map(method => [method, missingOf(method, times.get(method)!.length, input)]))
    const { unit, unitMs } = unitOf([...times.values()].flat())
    const fewer = shortfalls(input)
    return {
      rowTitle: 'time of',
      columns: input.methods,
      columnTitles: Object.fromEntries(input.methods.map(method => [method, method])),
      rows: rowKinds.map((kind): TableRow => {
        const cells = input.methods.map((method): [string, TableCell] => [method, cellOfTimes(kind, times.get(method) ?? none, unitMs, missing.get(method)!)])
        const row: TableRow = { knowledge: kind.title, metric: 'time', unit, better: 'lower', scope: null, cells: Object.fromEntries(cells) }
        return kind.isCompared ? withBest(row) : row
      }),
      figure: { kind: 'time', whole },
      legend: [
        'Measured time of the runs that a method needs for all knowledge, each run once: combiner and student on unlabelled faces, heads or whole networks on target knowledge. A run that several methods need counts for each of them.',
        'Faces and embeddings are made once for all methods and are no training; the teachers came trained.',
        'Twice the knowledge: unlabelled faces once, target knowledge twice (Section 4.6). The paper prints no figures but "almost 70 hours" on its unlabelled faces, on one P100.',
        'Runs that went side by side slowed each other.',
        ...fewer.length > 0 ? [`Fewer knowledge: ${fewer.join('; ')}.`] : [],
      ],
    }
  },
  runs: (_row, column, { cells }) => cells.filter(({ method }) => method === column),
}
