import type { Core, HandlerPart } from '../core.ts'
import type { DatasetRow } from '../workspace/datasets.ts'
import { existsSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { addDataset } from '../datasets/add.ts'
import { viewDataset } from '../views.ts'
import { listDatasets, putDataset, removeDataset, requireDataset } from '../workspace/datasets.ts'

/** Samples that `datasets.get` shows. */
const shown = 20

/**
 * Looks at a folder, seals its data set pack and records it under a name; what did not change since keeps its fingerprint.
 *
 * @throws FacetError as addDataset does
 */
export async function registerDataset({ workspace, inspector, emit }: Core, { path, name, format, options }: { path: string, name?: string, format?: string, options: Record<string, unknown> }): Promise<DatasetRow> {
  if (!existsSync(path))
    throw new FacetError('not-found', 'There is no such folder.', { where: path })
  const root = realpathSync(path)
  const chosen = name ?? basename(root).toLowerCase().replaceAll(/[^\w-]+/g, '-')
  const { fingerprint, summary } = await addDataset({
    path: root,
    format,
    options,
    into: workspace.paths.datasets,
    probe: inspector.probe,
    onProgress: (done, total) => emit('datasets.progress', { name: chosen, done, total }),
  })
  await putDataset(workspace.db, {
    name: chosen,
    fingerprint,
    format: summary.format,
    root,
    options,
    summary,
  }, Date.now())
  return requireDataset(workspace.db, chosen)
}

export const datasetHandlers = ((core) => {
  const { workspace: { db, paths } } = core
  return {
    'datasets.add': async input => viewDataset(await registerDataset(core, input)),
    'datasets.list': async () => (await listDatasets(db)).map(viewDataset),
    'datasets.get': async ({ name }) => {
      const row = await requireDataset(db, name)
      const pack = openDataset(paths.datasetPath(row.fingerprint))
      try {
        return {
          ...viewDataset(row),
          tasks: pack.meta.tasks,
          licence: pack.meta.licence,
          notes: pack.meta.notes,
          count: pack.count,
          samples: firstOf(pack.samples(), shown),
          rejected: pack.rejected(),
          pairs: pack.pairs().length,
        }
      }
      finally {
        pack.close()
      }
    },
    'datasets.remove': ({ name }) => removeDataset(db, name),
  }
}) satisfies HandlerPart

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = []
  for (const item of items) {
    if (first.length === count)
      break
    first.push(item)
  }
  return first
}
