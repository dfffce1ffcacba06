import type { StageName } from '#shared/stages/declare.ts'
import { join, resolve } from 'node:path'

/** Where everything of a workspace lies: functions of its folder, of fingerprints and of run keys. All absolute. */
export interface WorkspacePaths {
  root: string
  /** The database, written by the host alone. */
  database: string
  /** Who holds the workspace. */
  lock: string
  /** Where the holder listens, if the path is short enough for a socket (lock.ts). */
  socket: string
  /** Copies of the database, one before each migration. */
  backups: string
  /** What doctor has set aside, by the time at which it did. */
  trash: string
  /** The workspace's own teacher manifests. */
  teachers: string
  /** Recipes that the app keeps, one file per study: as good for the terminal as any other. */
  recipes: string
  recipePath: (study: string) => string
  /** The folder of data set packs. */
  datasets: string
  datasetPath: (fingerprint: string) => string
  facesPath: (key: string) => string
  embeddingsPath: (key: string) => string
  modelPath: (key: string) => string
  runDir: (key: string) => string
  /** The artefact of any stage: a pack for prepare and embed, a model folder for the others. */
  artefactPath: (stage: StageName, key: string) => string
}

/** The paths of the workspace in `folder`; touches no disk. */
export function workspacePaths(folder: string): WorkspacePaths {
  const root = resolve(folder)
  const inRoot = (...parts: string[]): string => join(root, ...parts)
  const facesPath = (key: string): string => inRoot('artefacts', 'faces', `${key}.sqlite`)
  const embeddingsPath = (key: string): string => inRoot('artefacts', 'embeddings', `${key}.sqlite`)
  const modelPath = (key: string): string => inRoot('artefacts', 'models', key)
  return {
    root,
    database: inRoot('facet.sqlite'),
    lock: inRoot('facet.lock'),
    socket: inRoot('facet.sock'),
    backups: inRoot('backups'),
    trash: inRoot('trash'),
    teachers: inRoot('teachers'),
    recipes: inRoot('recipes'),
    recipePath: study => inRoot('recipes', `${study}.yaml`),
    datasets: inRoot('artefacts', 'datasets'),
    datasetPath: fingerprint => inRoot('artefacts', 'datasets', `${fingerprint}.sqlite`),
    facesPath,
    embeddingsPath,
    modelPath,
    runDir: key => inRoot('runs', key),
    artefactPath: (stage, key) => {
      switch (stage) {
        case 'prepare': return facesPath(key)
        case 'embed': return embeddingsPath(key)
        case 'combine':
        case 'distil':
        case 'transfer':
        case 'select': return modelPath(key)
        default: return stage satisfies never
      }
    },
  }
}
