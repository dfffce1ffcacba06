import type { AddingView } from '#shared/dataset-views.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { DatasetRow } from '../workspace/datasets.ts'
import { createHash } from 'node:crypto'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { addDataset } from '../datasets/add.ts'
import { formats } from '../datasets/formats.ts'
import { listFiles } from '../datasets/listing.ts'
import { nameOfFolder } from '../datasets/look.ts'
import { viewDataset } from '../views.ts'
import { findDataset, listDatasets, putDataset, removeDataset, requireDataset } from '../workspace/datasets.ts'
import { facetVersion } from './workspace.ts'

/** Samples that `datasets.get` shows. */
const shown = 20

interface Registration { path: string, name?: string, format?: string, options: Record<string, unknown> }

/**
 * Looks at a folder, seals its data set pack and records it under a name. A folder whose files have the paths, sizes and times
 * of the last look is not read again; what did not change keeps its fingerprint in any case.
 *
 * @throws FacetError as addDataset does; 'interrupted' where somebody stopped it
 */
export async function registerDataset(core: Core, registration: Registration): Promise<DatasetRow> {
  const { path } = registration
  const stop = new AbortController()
  const view: AddingView = { name: registration.name ?? nameOfFolder(path), path, phase: 'listing', done: 0, total: 0 }
  const reading = { view, stop }
  core.reading.add(reading)
  try {
    return await readAndRecord(core, registration, {
      signal: stop.signal,
      report: (change) => {
        Object.assign(view, change)
        if (view.phase === 'reading') // what was read before is looked through in a moment, nobody wants to hear of it
          core.emit('datasets.progress', { ...view })
      },
    })
  }
  finally {
    core.reading.delete(reading)
  }
}

/** How a registration tells how far it is, and hears that it shall stop. */
interface Watch { signal: AbortSignal, report: (change: Partial<AddingView>) => void }

async function readAndRecord(core: Core, { path, name, format, options }: Registration, { signal, report }: Watch): Promise<DatasetRow> {
  const { workspace: { db, paths }, inspector } = core
  await generateImages(core, { path, format, options }, { signal, report })
  signal.throwIfAborted()
  if (!existsSync(path))
    throw new FacetError('not-found', 'There is no such folder.', { where: path })
  const root = realpathSync(path)
  const chosen = name ?? nameOfFolder(root)
  report({ name: chosen, phase: 'listing' })
  const listing = await digestListing(root, {
    format: format ?? null,
    options,
    version: facetVersion(),
  })
  const known = await findDataset(db, chosen)
  if (known?.listing === listing && existsSync(paths.datasetPath(known.fingerprint)))
    return known
  const { fingerprint, summary } = await addDataset({
    path: root,
    format,
    options,
    into: paths.datasets,
    probe: inspector.probe,
    onProgress: (done, total) => report({ phase: 'reading', done, total }),
    signal,
  })
  await putDataset(db, {
    name: chosen,
    fingerprint,
    format: summary.format,
    root,
    options,
    summary,
    listing,
  }, Date.now())
  core.emit('datasets.changed', { name: chosen })
  return requireDataset(db, chosen)
}

/** Has a worker draw the images of a format that makes its own. */
async function generateImages({ inspector }: Core, { path, format: name, options }: Registration, { signal, report }: Watch): Promise<void> {
  const format = formats.find(one => one.name === name)
  if (!format?.generate)
    return
  const parsed = format.options.safeParse(options)
  if (!parsed.success)
    throw new FacetError('bad-input', parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; '), { where: `data set format ${format.name}` })
  report({ phase: 'drawing' })
  await format.generate(path, parsed.data, input => inspector.ask('synthesize', input, { signal }))
}

/** SHA-256 of a folder's names, sizes and modification times, and of how it is to be read. */
async function digestListing(root: string, how: unknown): Promise<string> {
  const { files, refused } = await listFiles(root)
  const hash = createHash('sha256').update(JSON.stringify([root, how, refused]))
  for (const file of files) {
    const stat = statSync(join(root, file), { bigint: true, throwIfNoEntry: false })
    hash.update(`\n${file}\0${stat?.size}\0${stat?.mtimeNs}`)
  }
  return hash.digest('hex')
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
    'datasets.remove': async ({ name }) => {
      await removeDataset(db, name)
      core.emit('datasets.changed', { name })
    },
    'datasets.adding': () => [...core.reading].map(({ view }) => ({ ...view })),
    'datasets.cancel': ({ path }) => {
      const stopped = [...core.reading].filter(({ view }) => view.path === path)
      for (const { stop } of stopped)
        stop.abort(new FacetError('interrupted', 'Reading the folder was stopped; nothing was kept.', { where: path }))
      return { stopped: stopped.length > 0 }
    },
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
