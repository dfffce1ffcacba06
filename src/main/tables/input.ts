import type { Task } from '#shared/dataset.ts'
import type { DatasetCounts } from '#shared/files/dataset-pack.ts'
import type { NetworkCost } from '#shared/model-costs.ts'
import type { Evaluation, SelectionResult } from '#shared/order.ts'
import type { StageName } from '#shared/stages/declare.ts'
import type { TableMark } from '#shared/table.ts'

/** A row of the study: what is predicted on which data set. */
export interface TableKnowledge {
  name: string
  data: string
  task: string
  kind: Task['kind']
  /** Of a regression label, e.g. "years". */
  unit: string
  protocol: Task['protocol']
  /** How subjects are left out where heads are trained: each in turn or in so many groups. */
  folds: number | 'subject'
  /** Classes or attributes that are told apart; null where numbers or pairs are answered. */
  classes: number | null
  /** What networks learn before they verify. */
  after?: { data: string, task: string, faces: number }
  /** Share of the training labels that is used. */
  labels: number
  /** The teacher that was trained for it; null where it is a target. */
  source: string | null
}

/** One finished transfer run, as the tables need it. */
export interface CellSource {
  knowledge: string
  method: string
  seed: number
  key: string
  evaluations: Evaluation[]
  /** Of a selection: the teachers of the subset that it chose (in most folds), and how many subsets it tried. */
  chosen?: { teachers: string[], tried: number }
  /** What is to be known of the method on this data set; `seen-unlabelled` counts for the whole protocol alone. */
  marks: TableMark[]
  /** What it found of each subset of teachers, where it selected among them. */
  selection?: SelectionResult
}

/** A cell that a study does not ask for, or that a failed or waiting run leaves empty. */
export interface MissingSource {
  knowledge: string
  method: string
  reason: string
  command: string | null
}

/** A data set of the study after prepare; null counts where prepare has not run. */
export interface TableDataset {
  name: string
  format: string
  licence: string
  /** The images are ready crops: nothing is looked for, so it stays out of Table 2. */
  aligned: boolean
  counts: DatasetCounts
  found: number | null
  notFound: number | null
  key: string | null
}

/** nRMSE per teacher of one finished run: a combiner's, or the student's through a decoder trained on its output. */
export interface ReconstructionSource {
  method: string
  seed: number
  key: string
  values: Record<string, number>
}

/** nRMSE per teacher of answers that take no look at the face, measured by a combiner's run. */
export interface ReconstructionBaselines { key: string, mean: Record<string, number>, random: Record<string, number> }

/** A combiner's or student's run without such figures, and why. */
export interface MissingReconstruction {
  method: string
  reason: string
  command: string | null
}

/** A combiner of the recipe. */
export interface TableCombiner {
  name: string
  kind: string
  /** Dimension of h_G. */
  size: number
  /** All that is set but its size, as text: combiners that share it differ in size alone. */
  settings: string
}

/** A cell of the study: the run that fills it, null where none can. */
export interface TableCellRun { knowledge: string, method: string, seed: number, key: string | null }

/** A run of the study, with the keys of those it builds on; null where it is not done. */
export interface TableRun { stage: StageName, durationMs: number | null, needs: string[] }

/** One figure of one run in one group of its test samples; `group` null: the gap between its best and its worst group. */
export interface GroupFigure {
  knowledge: string
  scope: Evaluation['scope']
  by: string
  group: string | null
  method: string
  seed: number
  key: string
  value: number
  count: number
  interval: [number, number]
  note?: string
}

/** Groups of a knowledge's test samples that have any, and how many samples are in none. */
export interface TableGrouping { knowledge: string, scope: Evaluation['scope'], by: string, groups: { name: string, count: number }[], without: number }

/** A network of the study and what it costs; null where it was not measured, with `problem` where it cannot be. */
export interface TableNetwork { role: 'teacher' | 'combiner' | 'student', name: string, cost: NetworkCost | null, problem: string | null }

/** Everything the table builders know of a study: plain data, no database. */
export interface TableInput {
  study: string
  /** The command that computes what is missing, e.g. "npm run facet -- run study.yaml". */
  runCommand: string
  knowledge: TableKnowledge[]
  methods: string[]
  /** Seeds the study asks for, by method. */
  seeds: (method: string) => number[]
  sources: CellSource[]
  missing: MissingSource[]
  datasets: TableDataset[]
  teachers: { name: string, knowledge: string, contaminates: string[], dimension: number }[]
  reconstructions: ReconstructionSource[]
  /** Of the first combiner that has them: the faces are those of all. null before one is done. */
  baselines: ReconstructionBaselines | null
  missingReconstructions: MissingReconstruction[]
  /** Combiner kinds of the study, and `student` where it distils: the columns of the reconstruction table. */
  reconstructed: string[]
  /** Those that h_G has a size in, in the order of the recipe. */
  combiners: TableCombiner[]
  /** Name of the combiner that the student learns. */
  target: string | null
  cells: TableCellRun[]
  runs: ReadonlyMap<string, TableRun>
  /** Read only for the tables that need them. */
  groupings: TableGrouping[]
  groupFigures: GroupFigure[]
  smallestGroup: number
  networks: TableNetwork[]
  /** Runs that trained the student and the combiner that it learns, by seed. */
  networkRuns: Record<'combine' | 'distil', { seed: number, key: string }[]>
  /** The command that measures networks. */
  measureCommand: string
  version: string
  time: string
}
