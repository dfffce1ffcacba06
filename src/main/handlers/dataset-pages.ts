import type { DatasetRowView, Dependents, FacesTally } from '#shared/dataset-views.ts'
import type { Dataset } from '#shared/files/dataset-pack.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { DatasetRow } from '../workspace/datasets.ts'
import type { RunRow } from '../workspace/runs.ts'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { fileWithin } from '#shared/files/within.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { formats } from '../datasets/formats.ts'
import { captionOf, histogramsOf, labelsInWords } from '../datasets/labels.ts'
import { previewFolder, recogniseFolder } from '../datasets/look.ts'
import { optionsOf } from '../datasets/options.ts'
import { whatHelps } from '../datasets/what-helps.ts'
import { viewDataset } from '../views.ts'
import { listDatasets, requireDataset } from '../workspace/datasets.ts'
import { listRuns } from '../workspace/runs.ts'
import { listStudies } from '../workspace/studies.ts'

/** Side of a preview's thumbnails. */
const previewSide = 64

/** What is read of a prepare run's result. */
const Prepared = z.object({
  summary: z.object({
    photographs: z.int(),
    found: z.int(),
    notFound: z.int(),
    unreadable: z.int(),
    aligned: z.boolean(),
  }),
})

/** What the screen of data sets asks: looking at folders, lists, pages of faces. */
export const datasetPageHandlers = ((core) => {
  const { workspace: { db, paths }, inspector } = core

  /** The data set's pack for as long as `look` takes. */
  async function withPack<T>(name: string, look: (pack: Dataset, row: DatasetRow) => T | Promise<T>): Promise<T> {
    const row = await requireDataset(db, name)
    const pack = openDataset(paths.datasetPath(row.fingerprint))
    try {
      return await look(pack, row)
    }
    finally {
      pack.close()
    }
  }

  return {
    'datasets.formats': () => formats.map(format => ({
      name: format.name,
      title: format.title,
      licence: format.licence,
      obtained: format.obtained ?? null,
      aligned: format.aligned,
      draws: format.generate !== undefined,
      options: optionsOf(format),
    })),
    'datasets.recognise': async ({ path }) => {
      const folder = await recogniseFolder(path)
      return { ...folder, addedAs: (await listDatasets(db)).filter(row => row.root === folder.root).map(({ name }) => name) }
    },
    'datasets.preview': ({ path, ...how }) => previewFolder({ folder: path, ...how }, paths => inspector.ask('thumbnails', { paths, side: previewSide })),
    'datasets.overview': async () => {
      const tallies = talliesByFingerprint(await listRuns(db, { stage: 'prepare', states: ['done'] }))
      const roles = await rolesByDataset(core)
      return (await listDatasets(db)).map((row): DatasetRowView => ({
        ...viewDataset(row),
        isHere: existsSync(row.root),
        obtained: formats.find(({ name }) => name === row.format)?.obtained ?? null,
        faces: tallies.get(row.fingerprint) ?? null,
        roles: roles.get(row.name) ?? [],
      }))
    },
    'datasets.histograms': ({ name }) => withPack(name, pack => histogramsOf(pack.samples(), pack.meta.tasks)),
    'datasets.faces': ({ name, status, from, count, side }) => withPack(name, async (pack, row) => {
      const tally = talliesByFingerprint(await listRuns(db, { stage: 'prepare', states: ['done'] })).get(row.fingerprint)
      if (!tally)
        return { key: null, total: 0, from, cells: [] }
      const page = await inspector.ask('facesPage', {
        faces: paths.facesPath(tally.key),
        dataset: paths.datasetPath(row.fingerprint),
        root: row.root,
        status,
        from,
        count,
        side,
      })
      return {
        key: tally.key,
        total: page.total,
        from,
        cells: page.cells.map((cell) => {
          const sample = pack.sample(cell.index)
          return { ...cell, path: sample.path, caption: captionOf(sample, pack.meta.tasks), split: sample.split }
        }),
      }
    }),
    'datasets.photograph': ({ name, index, side }) => withPack(name, async (pack, row) => {
      const sample = pack.sample(index)
      const tally = talliesByFingerprint(await listRuns(db, { stage: 'prepare', states: ['done'] })).get(row.fingerprint)
      const look = await inspector.ask('photograph', {
        path: fileWithin(row.root, sample.path),
        faces: tally
          ? paths.facesPath(tally.key)
          : null,
        index,
        side,
      })
      return {
        index,
        path: sample.path,
        labels: labelsInWords(sample, pack.meta.tasks),
        split: sample.split,
        subject: sample.subject,
        ...look,
      }
    }),
    'datasets.rejected': ({ name, from, count }) => withPack(name, (pack, row) => {
      const all = pack.rejected()
      return {
        total: all.length,
        rows: all.slice(from, from + count).map(({ path, reason }) => ({
          path,
          reason,
          bytes: sizeOf(join(row.root, path)),
          helps: whatHelps(reason),
        })),
      }
    }),
    'datasets.dependents': async ({ name }) => dependentsOfDataset(core, await requireDataset(db, name)),
  }
}) satisfies HandlerPart

function sizeOf(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile()
    ? stat.size
    : null
}

/** The prepare run that finished last of each data set, by fingerprint. */
function talliesByFingerprint(runs: RunRow[]): Map<string, FacesTally> {
  const tallies = new Map<string, FacesTally>()
  for (const run of runs.toSorted((a, b) => (a.finished_at_ms ?? 0) - (b.finished_at_ms ?? 0))) {
    const parsed = Prepared.safeParse(JSON.parse(run.result ?? 'null'))
    for (const fingerprint of fingerprintsOf(run)) {
      if (parsed.success)
        tallies.set(fingerprint, { key: run.key, ...parsed.data.summary })
    }
  }
  return tallies
}

/** Fingerprints of the data sets that a run reads. */
function fingerprintsOf(run: Pick<RunRow, 'work_order'>): string[] {
  return [...run.work_order.matchAll(/datasets\/([0-9a-f]{64})\.sqlite/g)].map(([, fingerprint]) => fingerprint!)
}

/** What each data set is for in the workspace's studies. */
async function rolesByDataset({ workspace: { db } }: Core): Promise<Map<string, DatasetRowView['roles']>> {
  const roles = new Map<string, DatasetRowView['roles']>()
  for (const study of await listStudies(db)) {
    const detail = StudyDetail.safeParse(JSON.parse(study.detail))
    for (const name of detail.success ? Object.keys(detail.data.recipe.data) : []) {
      const { knowledge, unlabelled } = detail.data!.recipe
      roles.set(name, [
        ...roles.get(name) ?? [],
        {
          study: study.name,
          knowledge: knowledge.filter(({ data }) => data === name).map(one => one.name),
          unlabelled: unlabelled.includes(name),
        },
      ])
    }
  }
  return roles
}

async function dependentsOfDataset(core: Core, { name, fingerprint }: DatasetRow): Promise<Dependents> {
  const runs = (await listRuns(core.workspace.db)).filter(run => fingerprintsOf(run).includes(fingerprint))
  return {
    studies: ((await rolesByDataset(core)).get(name) ?? []).map(({ study, knowledge, unlabelled }) => ({
      name: study,
      as: [
        ...knowledge,
        ...unlabelled
          ? ['unlabelled']
          : [],
      ],
    })),
    runs: runs.length,
    bytes: runs.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  }
}
