import type { RunRow } from '#main/workspace/runs.ts'
import type { RunResult } from '#shared/order.ts'
import type { Counts, Pipeline } from '#shared/pipeline.ts'
import type { Recipe } from '#shared/recipe.ts'
import type { Cell, StudyDetail } from '#shared/study-detail.ts'
import { mean, sampleStd } from '#shared/statistics.ts'
import { calibrate } from './estimate.ts'

/** What is known of a study; runs in its order, with all their columns. */
export interface PipelineInput {
  study: string
  /** Somebody started it at least once. */
  hasRun: boolean
  isEdited: boolean
  /** null where its text is no recipe (yet). */
  recipe: Recipe | null
  /** null before it was run for the first time, and where another version of Facet wrote it. */
  detail: StudyDetail | null
  runs: readonly RunRow[]
  /** The evaluation that tables show, by run. */
  figures: ReadonlyMap<string, { metric: string, value: number }>
  datasets: ReadonlyMap<string, { format: string, root: string, images: number | null, isThere: boolean }>
  /** Dimensions of the teachers that this workspace has. */
  dimensions: ReadonlyMap<string, number>
  /** Units of the labels, by data set and task: "AgeR-UTK" is in years. */
  unitOf: (data: string, task: string) => string
  /** A student's validation figure so far. */
  studentCurve: (key: string, metric: 'validationCosine' | 'validationLoss') => Promise<number[]>
}

/** A run with its JSON columns read. */
interface Read {
  row: RunRow
  config: Record<string, unknown>
  summary: RunResult['summary']
}

/** The picture of a study from its recipe and runs. */
export async function buildPipeline(input: PipelineInput): Promise<Pipeline> {
  const { study, hasRun, isEdited, recipe, runs } = input
  const read = runs.map(readRun)
  const ofStage = (stage: RunRow['stage']): Read[] => read.filter(({ row }) => row.stage === stage)
  return {
    study,
    hasRun,
    isEdited,
    seeds: recipe?.seeds ?? [],
    counts: countRuns(read),
    seconds: secondsLeft(input),
    datasets: Object.entries(recipe?.data ?? {}).map(([name, entry]) => {
      const known = input.datasets.get(name)
      return {
        name,
        format: entry.format ?? known?.format ?? '',
        images: known?.images ?? null,
        isUnlabelled: recipe!.unlabelled.includes(name),
        isThere: known?.isThere ?? false,
        root: known?.root ?? entry.path ?? null,
      }
    }),
    faces: facesOf(ofStage('prepare')),
    teachers: teachersOf(input, ofStage('embed')),
    combiners: combinersOf(input, ofStage('combine')),
    students: await studentsOf(input, ofStage('distil')),
    knowledge: knowledgeOf(input, [...ofStage('transfer'), ...ofStage('select')]),
  }
}

function readRun(row: RunRow): Read {
  return {
    row,
    config: JSON.parse(row.config) as Record<string, unknown>,
    summary: row.result === null ? {} : (JSON.parse(row.result) as Pick<RunResult, 'summary'>).summary,
  }
}

/** How many runs of a box are in each state, and which they are. */
function boxOf(read: readonly Read[]): { counts: Counts, keys: string[] } {
  return { counts: countRuns(read), keys: read.map(({ row }) => row.key) }
}

function countRuns(read: readonly Read[]): Counts {
  const counts: Counts = {}
  for (const { row: { state } } of read)
    counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function numberOf({ summary }: Read | { summary: RunResult['summary'] }, name: string): number | null {
  const value = summary[name]
  return typeof value === 'number' ? value : null
}

/** Seconds expected for what is not done, at the speed that this machine showed. */
function secondsLeft({ detail, runs }: PipelineInput): number {
  if (!detail)
    return 0
  const measured = runs.flatMap(({ key, stage, uses_all_cores: allCores, duration_ms: duration, state }) => state === 'done' && duration !== null && detail.estimates[key] !== undefined
    ? [{ stage, usesAllCores: allCores === 1, estimatedSeconds: detail.estimates[key], seconds: duration / 1000 }]
    : [])
  return runs
    .filter(({ state }) => state !== 'done' && state !== 'cancelled')
    .reduce((sum, { key, stage, uses_all_cores: allCores, progress_done: done, progress_total: total }) => {
      const { seconds } = calibrate({ seconds: detail.estimates[key] ?? 0, bytes: 0 }, { stage, usesAllCores: allCores === 1 }, measured)
      return sum + seconds * (1 - (total ? Math.min(1, (done ?? 0) / total) : 0))
    }, 0)
}

function facesOf(prepares: readonly Read[]): Pipeline['faces'] {
  const sum = (name: string): number => prepares.reduce((total, run) => total + (numberOf(run, name) ?? 0), 0)
  const size = prepares[0]?.config.size
  return {
    ...boxOf(prepares),
    found: sum('found'),
    notFound: sum('notFound'),
    size: typeof size === 'number' ? size : null,
  }
}

function teachersOf({ recipe, detail, dimensions }: PipelineInput, embeds: readonly Read[]): Pipeline['teachers'] {
  return (recipe?.teachers ?? []).map((name) => {
    const own = embeds.filter(({ config }) => (config.teachers as { name: string }[]).some(teacher => teacher.name === name))
    return {
      ...boxOf(own),
      name,
      dimension: detail?.teachers.find(teacher => teacher.name === name)?.dimension ?? dimensions.get(name) ?? null,
      sets: own.length,
    }
  })
}

function combinersOf({ recipe, detail }: PipelineInput, combines: readonly Read[]): Pipeline['combiners'] {
  const entries = recipe?.stages.combine ?? []
  const asked = entries.map(entry => ({ name: entry.name ?? entry.kind ?? 'ae', kind: entry.kind ?? 'ae' }))
  // "concat" may be there for a method alone, without an entry of its own.
  const others = [...new Set(combines.map(({ config }) => String(config.kind)))]
    .filter(kind => !asked.some(entry => entry.kind === kind))
    .map(kind => ({ name: kind, kind }))
  const target = detail?.target ?? asked.at(-1)?.name
  const keysOf = (name: string): Set<string> => new Set(detail?.reconstructions.filter(({ method }) => method === name).map(({ key }) => key))
  return [...asked, ...others].map(({ name, kind }) => {
    const known = keysOf(name)
    const own = combines.filter(({ row, config }) => known.size > 0 ? known.has(row.key) : config.kind === kind)
    const errors = own.flatMap(run => numberOf(run, 'nrmse') ?? [])
    return {
      ...boxOf(own),
      name,
      kind,
      isTarget: name === target,
      size: own.map(run => numberOf(run, 'size')).find(size => size !== null) ?? null,
      nrmse: errors.length > 0 ? mean(errors) : null,
      faces: own.map(run => numberOf(run, 'faces')).find(faces => faces !== null) ?? null,
    }
  })
}

/** The students there are: the one of two stages, and the multi-task one where the study has it. */
async function studentsOf(input: PipelineInput, distils: readonly Read[]): Promise<Pipeline['students']> {
  const kinds = [
    { name: 'student', learns: 'fused', own: distils.filter(({ config }) => !config.multiTask) },
    { name: 'mt', learns: 'embeddings', own: distils.filter(({ config }) => config.multiTask) },
  ] as const
  const wanted = input.recipe?.methods.map(method => typeof method === 'string' ? method : method.name) ?? []
  const there = kinds.filter(({ name, own }) => own.length > 0 || wanted.some(method => method.startsWith(name)))
  return Promise.all(there.map(async kind => studentOf(input, kind)))
}

interface StudentKind extends Pick<Pipeline['students'][number], 'name' | 'learns'> { own: readonly Read[] }

async function studentOf({ recipe, studentCurve }: PipelineInput, { name, learns, own }: StudentKind): Promise<Pipeline['students'][number]> {
  const shown = own.find(({ row }) => row.state === 'running') ?? own.find(({ row }) => row.state === 'done') ?? own[0]
  const atWork = shown?.row.state === 'running' ? shown.row : null
  const rate = atWork?.per_second ?? 0
  return {
    ...boxOf(own),
    name,
    learns,
    network: String(shown?.config.network ?? recipe?.stages.distil.network ?? 'resnet18'),
    cosine: meanOf(own, 'validationCosine'),
    nrmse: meanOf(own, 'nrmse'),
    parameters: shown ? numberOf(shown, 'parameters') : null,
    perSecond: atWork?.per_second ?? null,
    unit: atWork?.progress_unit ?? null,
    progress: atWork?.progress_total ? Math.min(1, (atWork.progress_done ?? 0) / atWork.progress_total) : null,
    etaSeconds: atWork?.progress_total && rate > 0 ? Math.max(0, atWork.progress_total - (atWork.progress_done ?? 0)) / rate : null,
    curve: shown ? await studentCurve(shown.row.key, learns === 'fused' ? 'validationCosine' : 'validationLoss') : [],
  }
}

function meanOf(read: readonly Read[], name: string): number | null {
  const values = read.flatMap(run => numberOf(run, name) ?? [])
  return values.length > 0 ? mean(values) : null
}

function knowledgeOf(input: PipelineInput, transfers: readonly Read[]): Pipeline['knowledge'] {
  const { recipe, detail, figures, unitOf } = input
  const byKey = new Map(transfers.map(run => [run.row.key, run]))
  return (recipe?.knowledge ?? []).map(({ name, data, task }) => {
    const cells = detail?.cells.filter(cell => cell.knowledge === name) ?? []
    const keys = new Set(cells.flatMap(({ key }) => key ?? []))
    const method = shownMethod(cells, detail?.target ?? null)
    const own = cells.filter(cell => cell.method === method)
    const values = own.flatMap(({ key }) => figures.get(key ?? '') ?? [])
    return {
      ...boxOf([...keys].flatMap(key => byKey.get(key) ?? [])),
      name,
      data,
      task,
      method,
      figure: values.length === 0 ? null : figureOf(values),
      unit: values[0]?.metric === 'accuracy' || values[0]?.metric === 'error-rate' ? '%' : unitOf(data, task),
      reason: own.find(({ key }) => key === null)?.reason ?? null,
    }
  })
}

function figureOf(values: readonly { metric: string, value: number }[]): NonNullable<Pipeline['knowledge'][number]['figure']> {
  const numbers = values.map(({ value }) => value)
  return { name: values[0]!.metric, mean: mean(numbers), std: numbers.length > 1 ? sampleStd(numbers) : null, n: numbers.length }
}

/** Whose figure stands for a knowledge: the student's, else the multi-task one's, else that of the combiner, else the first method's. */
function shownMethod(cells: readonly Cell[], target: string | null): string | null {
  const names = new Set(cells.map(({ method }) => method))
  return ['student', 'mt', target, 'ae', 'concat'].find(name => name !== null && names.has(name)) ?? cells[0]?.method ?? null
}
