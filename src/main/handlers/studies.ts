import type { Parsed } from '#shared/contract.ts'
import type { AssumedView, PlanView } from '#shared/views.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { Measured } from '../studies/estimate.ts'
import type { DatasetEntry, ResolvedStudy } from '../studies/resolve.ts'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { missingRoom, reserveBytes } from '#shared/disk-budget.ts'
import { FacetError } from '#shared/errors.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { wordBytes } from '#shared/words.ts'
import { formats } from '../datasets/formats.ts'
import { assumeDataset } from '../studies/assume-dataset.ts'
import { estimateStep } from '../studies/estimate.ts'
import { parseRecipe } from '../studies/parse-recipe.ts'
import { plannedRuns, planStudy, stageCosts } from '../studies/plan.ts'
import { readRecipeState } from '../studies/recipe-state.ts'
import { resolveStudy } from '../studies/resolve.ts'
import { listTeachers } from '../teachers/registry.ts'
import { viewRun } from '../views.ts'
import { findDataset } from '../workspace/datasets.ts'
import { listRuns } from '../workspace/runs.ts'
import { listStudies, putStudy, requireStudy } from '../workspace/studies.ts'
import { registerDataset } from './datasets.ts'

type RecipeInput = Omit<Parsed<'studies.plan'>, 'assumesPublished'>

export const studyHandlers = ((core) => {
  const { workspace: { db, paths }, runner } = core
  return {
    'studies.plan': async ({ assumesPublished, ...input }) => makePlan(core, await resolve(core, input, { assumesPublished })),
    'studies.run': async (input) => {
      const study = await resolve(core, input)
      const plan = await makePlan(core, study)
      refuseBlocked(plan)
      if (!input.ignoresDisk)
        refuseTooLarge(plan, paths.root)
      const { study: name, tables } = study.checked.recipe
      await putStudy(db, {
        name,
        recipe: input.text,
        detail: detailOf(core, study, input),
      }, Date.now())
      core.emit('studies.changed', { name })
      const { cached, queued } = await runner.enqueue(name, plannedRuns(study.expansion, paths), await readRecipeState(input.path, input.text))
      return {
        study: name,
        plan,
        cached: cached.length,
        queued: queued.length,
        tables,
      }
    },
    'studies.get': async ({ name }) => {
      const row = await requireStudy(db, name)
      return {
        name,
        recipe: row.recipe,
        detail: JSON.parse(row.detail) as unknown,
        runs: (await listRuns(db, { study: name })).map(viewRun),
      }
    },
  }
}) satisfies HandlerPart

async function resolve(core: Core, { path, text, set, seeds, workingDirectory }: RecipeInput, { assumesPublished = false } = {}): Promise<ResolvedStudy> {
  const settings = set.map((setting) => {
    const at = setting.indexOf('=')
    if (at < 1)
      throw new FacetError('usage', `--set ${setting}: there is no "=" after a path.`, { hint: 'Write it as --set stages.combine.0.epochs=50.' })
    return {
      path: setting.slice(0, at),
      value: setting.slice(at + 1),
    }
  })
  const checked = parseRecipe(text, {
    file: basename(path),
    folder: dirname(path),
    settings,
    seeds,
    workingDirectory: workingDirectory ?? dirname(path),
  })
  const folderOf = (name: string, entry: DatasetEntry): string => entry.path ?? join(core.workspace.paths.root, 'data', name)
  return resolveStudy(checked, {
    listTeachers: () => listTeachers(core.workspace.paths.teachers, { anew: true }), // keys are made of these sums
    ensureDataset: async (name, entry) => {
      const imported = await knownWithoutFolder(core, name, entry)
      if (imported)
        return { fingerprint: imported, pack: core.workspace.paths.datasetPath(imported) }
      const { fingerprint } = await registerDataset(core, {
        name,
        format: entry.format,
        path: folderOf(name, entry),
        options: entry.options,
      })
      return {
        fingerprint,
        pack: core.workspace.paths.datasetPath(fingerprint),
      }
    },
    ...assumesPublished && {
      assumeDataset: (name, entry) => {
        const path = folderOf(name, entry)
        return existsSync(path) ? null : assumeDataset(name, { ...entry, path })
      },
    },
  })
}

/** A data set whose folder is not on this machine, but whose labels are: of a study that was imported, or prepared before the folder went. */
async function knownWithoutFolder({ workspace: { db, paths } }: Core, name: string, { path, format, options }: { path?: string, format?: string, options: unknown }): Promise<string | null> {
  if (path === undefined || existsSync(path))
    return null
  const known = await findDataset(db, name)
  const isIt = known !== null && known.root === path && (format === undefined || known.format === format) && known.options === JSON.stringify(options) && existsSync(paths.datasetPath(known.fingerprint))
  return isIt && formats.every(one => one.name !== known.format || !one.generate) ? known.fingerprint : null
}

async function makePlan({ workspace: { db, paths }, cores, freeBytes }: Core, study: ResolvedStudy): Promise<PlanView> {
  const { checked, expansion, datasets, assumed } = study
  const done = new Set((await listRuns(db, {
    states: ['done'],
  })).map(run => run.key))
  const measured = await measuredRuns(db)
  const plan = planStudy(checked.recipe.study, expansion, {
    datasets,
    cores,
    measured,
    isSealed: step => done.has(step.key) && existsSync(paths.artefactPath(step.stage, step.key)),
    blockedBy: (step) => {
      const gone = step.inputs.sources.find(source => step.stage === 'prepare' && !assumed.includes(source.name) && !existsSync(source.root))
      return gone
        ? `the folder of "${gone.name}" is gone: ${gone.root}`
        : null
    },
  })
  if (assumed.length === 0)
    return { ...plan, freeBytes: freeBytes() }
  const stages = stageCosts(plan, expansion, cores)
  return { ...plan, steps: [], freeBytes: freeBytes(), assumed: { ...viewAssumed(study), stages, cores, measured: measured.length } }
}

function viewAssumed({ checked, datasets, assumed }: ResolvedStudy): Omit<AssumedView, 'stages' | 'cores' | 'measured'> {
  return {
    folders: datasets.filter(({ name }) => assumed.includes(name)).map(({ name, format, root, samples }) => ({ name, format, path: root, samples })),
    datasets: datasets.length,
    unlabelled: datasets.filter(({ name }) => checked.recipe.unlabelled.includes(name)).reduce((sum, { seen }) => sum + seen, 0),
    images: datasets.reduce((sum, { samples }) => sum + samples, 0),
  }
}

/** Seconds that finished runs took beside what was expected of them. */
async function measuredRuns(db: Core['workspace']['db']): Promise<Measured[]> {
  const estimates = new Map<string, number>()
  for (const { detail } of await listStudies(db)) {
    const parsed = StudyDetail.safeParse(JSON.parse(detail))
    if (parsed.success)
      Object.entries(parsed.data.estimates).forEach(([key, seconds]) => estimates.set(key, seconds))
  }
  const done = await listRuns(db, {
    states: ['done'],
  })
  return done.flatMap(run => (estimates.has(run.key) && run.duration_ms !== null
    ? {
        stage: run.stage,
        usesAllCores: run.uses_all_cores === 1,
        estimatedSeconds: estimates.get(run.key)!,
        seconds: run.duration_ms / 1000,
      }
    : []))
}

function refuseBlocked({ steps }: PlanView): void {
  const blocked = steps.find(step => step.state === 'blocked')
  if (blocked)
    throw new FacetError('bad-input', `"${blocked.label}" cannot run: ${blocked.blockedBy}.`, { hint: 'Give the data set its new path in the recipe, or with --set.' })
}

/** A disk that fills up in the middle of a study stops everything else that writes to it as well. */
function refuseTooLarge(plan: PlanView, root: string): void {
  const missing = missingRoom(plan)
  if (missing > 0)
    throw new FacetError('disk', `The study takes about ${wordBytes(plan.bytes)}; ${wordBytes(plan.freeBytes)} are free, of which ${wordBytes(reserveBytes)} stay free: ${wordBytes(missing)} are missing.`, { where: root, hint: 'Free some space (facet gc lists what can go), keep the workspace on a larger disk, or start it all the same with --ignore-disk.' })
}

function detailOf({ cores }: Core, { checked, expansion, datasets, teachers }: ResolvedStudy, { path, set, seeds }: RecipeInput): StudyDetail {
  return {
    recipe: checked.recipe,
    command: { path, set, seeds },
    target: checked.target,
    cells: expansion.cells,
    faces: expansion.faces,
    reconstructions: expansion.reconstructions,
    datasets: datasets.map(({ name, format, fingerprint, aligned }) => ({ name, format, fingerprint, aligned })),
    teachers: teachers.map(({ name, sha256, dimension, contaminates }) => ({
      name,
      sha256,
      dimension,
      contaminates,
    })),
    estimates: Object.fromEntries(expansion.steps.map(step => [step.key, estimateStep(step, datasets, { cores, all: expansion.steps }).seconds])),
  }
}
