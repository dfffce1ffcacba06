import type { Pipeline } from '#shared/pipeline.ts'
import type { Recipe } from '#shared/recipe.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { PipelineInput } from '../studies/pipeline.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { runDoctor } from '../doctor/index.ts'
import { createStatus } from '../doctor/status.ts'
import { packageRoot } from '../node-binary.ts'
import { checkRecipe } from '../studies/parse-recipe.ts'
import { buildPipeline } from '../studies/pipeline.ts'
import { findRecipeFile } from '../studies/recipe-files.ts'
import { listTeachers } from '../teachers/registry.ts'
import { readCurves } from '../workspace/curves.ts'
import { listDatasets } from '../workspace/datasets.ts'
import { diskUsage } from '../workspace/disk-usage.ts'
import { listEvaluations, listRuns } from '../workspace/runs.ts'
import { findStudy } from '../workspace/studies.ts'

/** Points of the small curve in the student's box. */
const curvePoints = 40

export const overviewHandlers = ((core) => {
  const { paths } = core.workspace
  const status = createStatus(paths.root)
  return {
    'studies.pipeline': ({ name }) => pipelineOf(core, name),
    'recipes.list': () => builtInRecipes(),
    'disk.usage': () => diskUsage(paths),
    'engine.status': () => status.read(),
    'engine.check': async () => {
      const { checks, isHealthy } = await runDoctor({ workspace: paths.root, fix: false })
      status.forget()
      return { checks, isHealthy }
    },
    'engine.repair': async () => {
      const { checks, isHealthy } = await runDoctor({ workspace: paths.root, fix: true })
      status.forget()
      return { checks, isHealthy }
    },
  }
}) satisfies HandlerPart

/** Recipes that come with Facet, by name. */
function builtInRecipes(): { name: string, title: string, path: string, text: string }[] {
  const folder = join(packageRoot, 'resources', 'recipes')
  return readdirSync(folder).filter(file => file.endsWith('.yaml')).sort().map((file) => {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    return { name: basename(file, '.yaml'), title: /^#\s*(\S.*)$/m.exec(text)?.[1]?.trim() ?? '', path, text }
  })
}

async function pipelineOf(core: Core, name: string): Promise<Pipeline> {
  const { db, paths } = core.workspace
  const row = await findStudy(db, name)
  const file = findRecipeFile(paths, name)
  if (!row && !file)
    throw new FacetError('not-found', `There is no study "${name}" in this workspace.`, { hint: 'Choose another one at the top of the window.' })
  const parsed = row ? StudyDetail.safeParse(JSON.parse(row.detail)) : null
  const detail = parsed?.success ? parsed.data : null
  const runs = row ? await listRuns(db, { study: name }) : []
  const datasets = await datasetsOf(core)
  return buildPipeline({
    study: name,
    hasRun: row !== undefined,
    isEdited: !row || (file !== null && file.text !== row.recipe),
    recipe: detail?.recipe ?? recipeOf(file?.text, name, paths.recipes),
    detail,
    runs,
    figures: await figuresOf(core, runs.map(({ key }) => key)),
    datasets,
    dimensions: new Map((await listTeachers(paths.teachers)).map(teacher => [teacher.name, teacher.dimension])),
    unitOf: (data, task) => datasets.get(data)?.units.get(task) ?? '',
    studentCurve: async (key, metric) => (await readCurves(db, key, { metrics: [metric], buckets: curvePoints }))[metric]?.values ?? [],
  })
}

function recipeOf(text: string | undefined, name: string, folder: string): Recipe | null {
  return text === undefined ? null : checkRecipe(text, { file: `${name}.yaml`, folder }).checked?.recipe ?? null
}

/** The evaluation that tables show: on the test split, else under the whole protocol. */
async function figuresOf({ workspace: { db } }: Core, keys: string[]): Promise<PipelineInput['figures']> {
  const figures = new Map<string, { metric: string, value: number, isTest: boolean }>()
  for (let from = 0; from < keys.length; from += 500) {
    for (const { run, scope, metric, value } of await listEvaluations(db, keys.slice(from, from + 500))) {
      if (scope === 'test' || (scope === 'all' && !figures.get(run)?.isTest))
        figures.set(run, { metric, value, isTest: scope === 'test' })
    }
  }
  return figures
}

async function datasetsOf({ workspace: { db, paths } }: Core): Promise<Map<string, { format: string, root: string, images: number | null, isThere: boolean, units: Map<string, string> }>> {
  return new Map((await listDatasets(db)).map(({ name, format, root, summary, fingerprint }) => {
    const { samples } = JSON.parse(summary) as { samples?: number }
    return [name, { format, root, images: samples ?? null, isThere: existsSync(root), units: unitsOf(paths.datasetPath(fingerprint)) }]
  }))
}

/** Units of tasks by the path of their pack, which is named by what is in it: a sealed one never changes. */
const knownUnits = new Map<string, Map<string, string>>()

function unitsOf(path: string): Map<string, string> {
  if (!existsSync(path))
    return new Map()
  const units = knownUnits.get(path) ?? readUnits(path)
  knownUnits.set(path, units)
  return units
}

function readUnits(path: string): Map<string, string> {
  const pack = openDataset(path)
  try {
    return new Map(Object.entries(pack.meta.tasks).map(([name, task]) => [name, task.kind === 'regression' ? task.unit : '']))
  }
  finally {
    pack.close()
  }
}
