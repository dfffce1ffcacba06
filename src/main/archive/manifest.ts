import { z } from 'zod'
import { Name } from '#shared/contract/method.ts'
import { SavedTableName, TableSelection } from '#shared/contract/tables.ts'
import { RecipeState } from '#shared/provenance.ts'
import { SealedFile } from '#shared/sealed-file.ts'
import { stages } from '#shared/stages/index.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { workspacePaths } from '../workspace/paths.ts'

/** The first file of an archive; what it says comes before what it speaks of, so that nothing is written before it is judged. */
export const manifestName = 'facet-study.json'

/** The second one: SHA-256 of the first, which vouches for all that follow. */
export const sumName = 'facet-study.sha256'

/** Of a run's folder, what tells how it went; the rest is for the process that works on it. */
export const runFiles = ['events.ndjson', 'log.txt'] as const

/** What this version reads, and writes the last of: the second one holds teachers too, the third one saved tables. */
export const archiveFormats = ['facet-study-1', 'facet-study-2', 'facet-study-3'] as const

/** Longest manifest that is read: some 50,000 runs. */
export const maxManifestBytes = 256 << 20

const Key = z.string().regex(/^[0-9a-f]{64}$/)

/** A run as it was planned, its paths as keys: they are made anew where it is taken in. What became of it is in its event file. */
export const ArchivedRun = z.strictObject({
  key: Key,
  stage: z.enum(Object.keys(stages) as [keyof typeof stages, ...(keyof typeof stages)[]]),
  version: z.int(),
  config: z.unknown(),
  inputs: z.record(z.string(), z.unknown()),
  seed: z.int().min(0),
  usesSeed: z.boolean(),
  usesAllCores: z.boolean(),
  label: z.string().max(1000),
  needs: z.array(Key),
  sources: z.array(z.strictObject({
    name: z.string(),
    root: z.string(),
    fingerprint: Key,
    faces: Key.nullable(),
    embeddings: Key.nullable(),
    unlabelled: z.boolean(),
  })),
  teachers: z.array(z.strictObject({ name: Name, sha256: z.string() })),
  combiner: Key.nullable(),
  student: Key.nullable(),
  candidates: z.array(z.strictObject({ teacher: Name, key: Key })).optional(),
  nearCopies: z.number().optional(),
  selection: Key.nullable().optional(),
  device: z.string().nullable(),
  recipeState: z.int().min(0).nullable().describe('Place in recipeStates'),
})
export type ArchivedRun = z.infer<typeof ArchivedRun>

export const ArchivedDataset = z.strictObject({
  name: z.string().min(1).max(200),
  fingerprint: Key,
  format: z.string(),
  root: z.string(),
  options: z.unknown(),
  summary: z.unknown(),
  listing: z.string().nullable(),
})

/** A table of anybody's own; its study is the archive's. */
export const ArchivedTable = z.strictObject({ name: SavedTableName, selection: TableSelection.omit({ study: true }) })
export type ArchivedTable = z.infer<typeof ArchivedTable>

/** Its fingerprints become names of files. */
const ArchivedDetail = StudyDetail.extend({
  datasets: z.array(StudyDetail.shape.datasets.element.extend({ fingerprint: Key })),
})

/** What an archive holds: a study, its finished runs, and each file with its checksum, in the order in which they follow. */
export const ArchiveManifest = z.strictObject({
  format: z.enum(archiveFormats),
  facet: z.string().describe('Version that wrote it'),
  study: z.strictObject({ name: Name, recipe: z.string().max(1_000_000), detail: ArchivedDetail }),
  datasets: z.array(ArchivedDataset),
  teachers: z.array(z.strictObject({ name: Name, sha256: Key })).default([]).describe('Those that do not come with Facet; SHA-256 of manifest and files, as runs have it. facet-study-1 has none'),
  tables: z.array(ArchivedTable).max(10_000).default([]).describe('Saved tables of the study. Formats before facet-study-3 have none'),
  recipeStates: z.array(RecipeState),
  runs: z.array(ArchivedRun),
  files: z.array(SealedFile),
})
export type ArchiveManifest = z.infer<typeof ArchiveManifest>

/** The path of a data set's labels from the workspace's folder. */
export function packName(fingerprint: string): string {
  return workspacePaths('/').datasetPath(fingerprint).slice(1)
}
