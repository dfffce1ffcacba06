import type { GcView } from '#shared/views.ts'
import type { HandlerPart } from '../core.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { listTree } from '#shared/files/durable.ts'
import { activeStates } from '#shared/run-states.ts'
import { listDatasets } from '../workspace/datasets.ts'
import { removeUnusedRecipeStates } from '../workspace/provenance.ts'
import { listRuns } from '../workspace/runs.ts'
import { forgetSealedFiles } from '../workspace/sealed-files.ts'
import { runsOfStudies } from '../workspace/studies.ts'

/** What is on the disk and belongs to no study, no data set and no run that may go on. */
async function findUnreferenced({ paths, db }: Workspace): Promise<{ view: GcView, runs: string[] }> {
  const runs = await listRuns(db)
  const inStudies = await runsOfStudies(db, 'all')
  const keptRuns = new Set(runs.filter(run => inStudies.has(run.key) || activeStates.includes(run.state)).map(run => run.key))
  const datasets = new Set((await listDatasets(db)).map(dataset => dataset.fingerprint))
  for (const run of runs) {
    if (keptRuns.has(run.key)) {
      for (const [, fingerprint] of run.work_order.matchAll(/datasets\/([0-9a-f]{64})\.sqlite/g))
        datasets.add(fingerprint!)
    }
  }
  const folders = [
    { folder: 'artefacts/datasets', kept: datasets, why: 'no data set and no study refers to it' },
    ...[
      'artefacts/faces',
      'artefacts/embeddings',
      'artefacts/models',
      'runs',
    ].map(folder => ({ folder, kept: keptRuns, why: 'no study refers to it' })),
    { folder: 'trash', kept: new Set<string>(), why: 'facet doctor --fix has set it aside' },
  ]
  const items = folders.flatMap(({ folder, kept, why }) => listEntries(join(paths.root, folder))
    .filter(name => !kept.has(name.slice(0, 64)))
    .map(name => join(paths.root, folder, name))
    .map(path => ({
      path,
      bytes: listTree(path).reduce((sum, file) => sum + file.bytes, 0),
      why,
    })))
  const forgotten = runs.filter(run => !keptRuns.has(run.key)).map(run => run.key)
  return {
    view: {
      items,
      bytes: items.reduce((sum, item) => sum + item.bytes, 0),
      runs: forgotten.length,
    },
    runs: forgotten,
  }
}

function listEntries(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder).sort()
    : []
}

export const gcHandlers = (({ workspace, runner, reading }) => ({
  'gc.preview': async () => (await findUnreferenced(workspace)).view,
  // No run starts meanwhile, and what is being imported gets its study first.
  'gc.run': () => runner.hold(async () => {
    const [first] = reading
    if (first)
      throw new FacetError('conflict', 'A data set is being read; what is written of it nothing refers to yet.', { where: first.view.path, hint: 'Run facet gc again when it is done.' })
    const { view, runs } = await findUnreferenced(workspace)
    for (let from = 0; from < runs.length; from += 500)
      await workspace.db.deleteFrom('runs').where('key', 'in', runs.slice(from, from + 500)).execute()
    await removeUnusedRecipeStates(workspace.db)
    for (const { path } of view.items) {
      await forgetSealedFiles(workspace.db, relative(workspace.paths.root, path))
      rmSync(path, { recursive: true, force: true })
    }
    return view
  }),
})) satisfies HandlerPart
