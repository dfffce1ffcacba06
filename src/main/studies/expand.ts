import type { z } from 'zod'
import type { Task } from '#shared/dataset.ts'
import type { Method } from '#shared/methods.ts'
import type { StageName } from '#shared/stages/declare.ts'
import type { Cell, Mark } from '#shared/study-detail.ts'
import type { CheckedRecipe } from './parse-recipe.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { encoderWidths } from '#shared/stages/combine.ts'
import { stages } from '#shared/stages/index.ts'
import { fineTuneDefaults } from '#shared/stages/transfer.ts'
import { contentKey } from './keys.ts'

/** Raised when the engine gives other figures for the same graph (another TensorFlow major version). */
export const engineMajor = 2

/** A data set of the study as the workspace knows it. */
export interface StudyDataset {
  name: string
  root: string
  fingerprint: string
  format: string
  tasks: Record<string, Task>
  /** Images are ready crops, or no faces at all: nothing is detected. */
  aligned: boolean
  samples: number
  /** Samples that combiner and student may learn from. */
  seen: number
  subjects: number
}

/** A teacher of the study as the registry knows it. */
export interface StudyTeacher { name: string, manifest: string, sha256: string, dimension: number, contaminates: string[] }

/** What one run builds on: keys of other runs, fingerprints of data. */
export interface StepInputs {
  sources: { name: string, root: string, fingerprint: string, faces: string | null, embeddings: string | null, unlabelled: boolean }[]
  teachers: StudyTeacher[]
  combiner: string | null
  student: string | null
}

/** One run of a study, before anybody asked whether it is cached. */
export interface Step {
  key: string
  stage: StageName
  version: number
  config: Record<string, unknown>
  seed: number
  usesSeed: boolean
  usesAllCores: boolean
  /** For people: "transfer AgeR-UTK, student, seed 1". */
  label: string
  needs: string[]
  inputs: StepInputs
}

/** A study taken apart: its runs in an order in which they can run, and what each gives to the tables. */
export interface Expansion {
  steps: Step[]
  cells: Cell[]
  /** prepare run per data set. */
  faces: { data: string, key: string }[]
  /** Runs with a reconstruction error, for Table 5. */
  reconstructions: { method: string, seed: number, key: string }[]
}

/**
 * Expands a recipe into runs: stages x grid x seeds, each once however many cells need it.
 *
 * @throws FacetError where a knowledge names a task that its data set does not have.
 */
export function expandStudy({ recipe, combiners, target, methods }: CheckedRecipe, datasets: StudyDataset[], teachers: StudyTeacher[]): Expansion {
  const steps = new Map<string, Step>()
  const add = (step: Step): string => {
    if (!steps.has(step.key))
      steps.set(step.key, step); return step.key
  }
  const dataset = (name: string) => datasets.find(one => one.name === name)!
  const pick = (seeds: number[] | undefined, seed: number) => (!seeds || seeds.includes(seed)
    ? seed
    : seeds[0]!)

  const facesOf = (data: StudyDataset) => add(step('prepare', `prepare ${data.name}`, { aligned: data.aligned, ...recipe.stages.prepare }, 0, {
    sources: [
      source(data),
    ],
  }, { dataset: data.fingerprint }, []))
  const embedOf = (data: StudyDataset) => {
    const faces = facesOf(data)
    const config = {
      ...recipe.stages.embed,
      teachers: teachers.map(({ name, sha256 }) => ({ name, sha256 })),
    }
    return add(step('embed', `embed ${data.name}`, config, 0, {
      sources: [
        source(data, faces),
      ],
      teachers,
    }, { faces }, [faces]))
  }
  const unlabelled = () => recipe.unlabelled.map(name => dataset(name)).map(data => ({
    data,
    faces: facesOf(data),
    embeddings: embedOf(data),
  }))

  const combinerOf = (name: string, seed: number): string => {
    const sources = unlabelled()
    const { name: _, ...config } = combiners.find(entry => entry.name === name) ?? { name, kind: 'concat' as const }
    const stage = step('combine', `combine ${name}`, config, seed, {
      sources: sources.map(one => source(one.data, one.faces, one.embeddings, true)),
      teachers,
    }, {
      embeddings: sources.map(one => one.embeddings),
    }, sources.map(one => one.embeddings))
    return add(stage)
  }
  const { target: _target, seeds: distilSeeds, ...distilConfig } = recipe.stages.distil
  const studentOf = (seed: number): { student: string, combiner: string } => {
    const own = pick(distilSeeds, seed)
    const combiner = combinerOf(target!, own)
    const sources = unlabelled()
    const stage = step('distil', `distil ${target}`, distilConfig, own, {
      sources: sources.map(one => source(one.data, one.faces, one.embeddings, true)),
      teachers,
      combiner,
    }, {
      combiner,
      faces: sources.map(one => one.faces),
    }, [combiner])
    return {
      student: add(stage),
      combiner,
    }
  }

  const { fineTune, ...transferConfig } = recipe.stages.transfer
  const sizeOf = (name: string) => {
    const size = combiners.find(entry => entry.name === name)?.size ?? 'mean'
    return size === 'mean'
      ? Math.round(sum(teachers) / teachers.length)
      : size
  }
  const transferOf = (knowledge: CheckedRecipe['recipe']['knowledge'][number], task: Task, method: Method, seed: number): string => {
    const data = dataset(knowledge.data)
    const faces = facesOf(data)
    const folds = task.protocol === 'subjects'
      ? knowledge.folds[method.trainsPixels ? 'fine-tuned' : 'frozen'] ?? (method.trainsPixels ? 5 : 'subject')
      : undefined
    const common = {
      task: knowledge.task,
      ...(folds === undefined
        ? {}
        : { folds }),
    }
    const label = `transfer ${knowledge.name}, ${method.name}`
    const seedless = task.kind === 'verification'
    const frozen = {
      ...common,
      ...transferConfig,
    }
    const tuned = {
      ...common,
      ...merge(merge(fineTuneDefaults, transferConfig), fineTune ?? {}),
    }
    switch (method.family) {
      case 'teacher': {
        // keyed by the one teacher, so that another list of teachers leaves its heads alone
        const teacher = teachers.find(one => one.name === method.of)!
        const embeddings = embedOf(data)
        return add(step('transfer', label, {
          ...frozen,
          encoder: { kind: 'teacher', name: method.of },
        }, seed, {
          sources: [
            source(data, faces, embeddings),
          ],
          teachers: [teacher],
        }, { faces, teacher: teacher.sha256 }, [embeddings], seedless))
      }
      case 'combiner': {
        const embeddings = embedOf(data)
        const combiner = combinerOf(method.of!, seed)
        const head = method.paperHead
          ? {
              head: {
                dropout: 0.5,
                ...transferConfig.head,
                hidden: encoderWidths(sum(teachers), sizeOf(target!), combiners.find(entry => entry.name === target)?.layers ?? 3),
              },
            }
          : {}
        return add(step('transfer', label, {
          ...frozen,
          ...head,
          encoder: { kind: 'combiner' },
        }, seed, {
          sources: [
            source(data, faces, embeddings),
          ],
          teachers,
          combiner,
        }, { embeddings, combiner }, [embeddings, combiner], seedless))
      }
      case 'student': {
        const { student, combiner } = studentOf(seed)
        const config = {
          ...(method.trainsPixels ? tuned : frozen),
          encoder: {
            kind: 'student',
            mode: method.trainsPixels ? 'fine-tune' : 'frozen',
          },
        }
        return add(step('transfer', label, config, seed, {
          sources: [
            source(data, faces),
          ],
          combiner,
          student,
        }, { faces, student }, [faces, student], seedless))
      }
      case 'scratch': {
        const { network, width, input } = distilConfig
        return add(step('transfer', label, {
          ...tuned,
          encoder: {
            kind: 'scratch',
            network,
            width,
            input,
          },
        }, seed, {
          sources: [
            source(data, faces),
          ],
        }, { faces }, [faces]))
      }
      default: return method.family satisfies never
    }
  }

  const cells: Cell[] = []
  for (const data of datasets)
    facesOf(data)
  for (const knowledge of recipe.knowledge) {
    const data = dataset(knowledge.data)
    const task = data.tasks[knowledge.task]
    if (!task) {
      throw new FacetError('bad-input', `Knowledge "${knowledge.name}": the data set "${data.name}" (${data.format}) has no task "${knowledge.task}".`, {
        hint: suggestName(knowledge.task, Object.keys(data.tasks)),
      })
    }
    for (const { method, seeds } of methods) {
      const reason = missingReason(task, method)
      for (const seed of seeds) {
        cells.push({
          knowledge: knowledge.name,
          data: data.name,
          task: knowledge.task,
          method: method.name,
          seed,
          key: reason
            ? null
            : transferOf(knowledge, task, method, seed),
          reason,
          marks: marksOf(method, data, recipe.unlabelled, teachers),
        })
      }
    }
  }
  const reconstructions = recipe.tables.includes('reconstruction')
    ? reconstructionRuns({
        methods,
        target,
        seeds: recipe.seeds,
        combinerOf,
        studentOf,
      })
    : []
  return {
    steps: inOrder([
      ...steps.values(),
    ]),
    cells,
    faces: datasets.map(data => ({
      data: data.name,
      key: facesOf(data),
    })),
    reconstructions,
  }
}

/** Every run after all that it needs, otherwise in the order of the stages. */
function inOrder(steps: Step[]): Step[] {
  const order = Object.keys(stages)
  return steps.map((step, index) => ({ step, index })).sort((a, b) => order.indexOf(a.step.stage) - order.indexOf(b.step.stage) || a.index - b.index).map(({ step }) => step)
}

function reconstructionRuns({ methods, target, seeds, combinerOf, studentOf }: { methods: CheckedRecipe['methods'], target: string | null, seeds: number[], combinerOf: (name: string, seed: number) => string, studentOf: (seed: number) => { student: string } }) {
  const used = methods.filter(({ method }) => method.family === 'combiner' && !['concat', 'concat-small'].includes(method.name))
  const rows = used.flatMap(({ method, seeds: own }) => own.map(seed => ({
    method: method.name,
    seed,
    key: combinerOf(method.of!, seed),
  })))
  if (target && methods.some(({ method }) => method.family === 'student'))
    rows.push(...seeds.map(seed => ({ method: 'student', seed, key: studentOf(seed).student })))
  return rows.filter((row, index) => rows.findIndex(other => other.method === row.method && other.key === row.key) === index)
}

function missingReason(task: Task, method: Method): string | null {
  return task.kind === 'verification' && method.trainsPixels
    ? 'Verification by a trained network needs identity training on another data set first (the paper: 100,000 faces of VGGFace2), which is not part of this study.'
    : null
}

function marksOf(method: Method, data: StudyDataset, unlabelled: string[], teachers: StudyTeacher[]): Mark[] {
  const behind = method.family === 'scratch'
    ? []
    : method.family === 'teacher'
      ? teachers.filter(one => one.name === method.of)
      : teachers
  const learnt = (method.family === 'combiner' || method.family === 'student') && unlabelled.includes(data.name)
  const partly = learnt && Object.values(data.tasks).some(task => task.protocol !== 'split')
  return [
    ...(behind.some(one => one.contaminates.includes(data.format))
      ? ['contaminated' as const]
      : []),
    ...(partly
      ? ['seen-unlabelled' as const]
      : []),
  ]
}

function source(data: StudyDataset, faces: string | null = null, embeddings: string | null = null, unlabelled = false): StepInputs['sources'][number] {
  return {
    name: data.name,
    root: data.root,
    fingerprint: data.fingerprint,
    faces,
    embeddings,
    unlabelled,
  }
}

/** One run with its key: SHA-256 over stage, version, complete configuration, inputs, seed and engine. */
function step(stage: StageName, label: string, given: Record<string, unknown>, seed: number, inputs: Partial<StepInputs>, keyed: Record<string, unknown>, needs: string[], seedless = false): Step {
  const declaration = stages[stage]
  const config = (declaration.config as z.ZodType).parse(given) as Record<string, unknown>
  const usesSeed = !seedless && (declaration.usesSeed as (config: unknown) => boolean)(config)
  const usesAllCores = (declaration.usesAllCores as (config: unknown) => boolean)(config)
  const key = contentKey({
    stage,
    version: declaration.version,
    config,
    inputs: keyed,
    seed: usesSeed ? seed : null,
    engine: engineMajor,
  })
  return {
    key,
    stage,
    version: declaration.version,
    config,
    seed: usesSeed ? seed : 0,
    usesSeed,
    usesAllCores,
    label: usesSeed
      ? `${label}, seed ${seed}`
      : label,
    needs: [
      ...new Set(needs),
    ],
    inputs: {
      sources: [],
      teachers: [],
      combiner: null,
      student: null,
      ...inputs,
    },
  }
}

/** The second over the first, group by group; lists and values are replaced. */
function merge(base: object, over: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const old = result[name]
    if (value !== undefined) {
      result[name] = isGroup(old) && isGroup(value)
        ? merge(old, value)
        : value
    }
  }
  return result
}

function isGroup(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Dimension of all embeddings side by side. */
function sum(teachers: StudyTeacher[]): number {
  return teachers.reduce((total, teacher) => total + teacher.dimension, 0)
}
