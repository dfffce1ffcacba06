import type { SealedFile } from '#shared/sealed-file.ts'
import type { WorkspacePaths } from '../workspace/paths.ts'
import type { ArchiveManifest } from './manifest.ts'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncPath } from '#shared/files/durable.ts'
import { describeSealed } from '#shared/files/sealed.ts'
import { artefactName } from '../workspace/sealed-files.ts'
import { createTrash } from '../workspace/trash.ts'
import { packName } from './manifest.ts'

/** Files that were moved to their places, and one more that follows them; `undo` moves everything back where it was. */
export interface Placed {
  count: () => number
  move: (from: string, to: string) => void
  undo: () => void
}

/** Whether an artefact lies in a workspace with the content that an archive's manifest gives it. */
export async function compareExisting({ root }: Pick<WorkspacePaths, 'root'>, artefact: string, files: readonly SealedFile[]): Promise<'none' | 'same' | 'other'> {
  const path = join(root, artefact)
  if (!existsSync(path))
    return 'none'
  const here = (await describeSealed(path)).map(({ path: name, sha256 }) => `${name === '.' ? artefact : `${artefact}/${name}`} ${sha256}`)
  const there = files.filter(file => file.path === artefact || file.path.startsWith(`${artefact}/`)).map(({ path: name, sha256 }) => `${name} ${sha256}`)
  return here.sort().join('\n') === there.sort().join('\n') ? 'same' : 'other'
}

/**
 * Moves unpacked files to their places: whole artefacts, whole run folders, new teachers. What is there with the same name and content stays; a run
 * folder of an unfinished attempt goes to the trash.
 *
 * @throws the system's error, after everything is back where it was
 */
export function placeFiles(paths: WorkspacePaths, staged: string, { runs, study, teachers }: ArchiveManifest, known: ReadonlySet<string>): Placed {
  const trash = createTrash(paths)
  const moved: { from: string, to: string }[] = []
  const undo = (): void => {
    for (const { from, to } of moved.reverse())
      renameSync(to, from)
  }
  const move = (from: string, to: string): void => {
    mkdirSync(dirname(to), { recursive: true })
    renameSync(from, to)
    moved.push({ from, to })
  }
  try {
    for (const { fingerprint } of study.detail.datasets) {
      const name = packName(fingerprint)
      if (!existsSync(join(paths.root, name)))
        move(join(staged, name), join(paths.root, name))
    }
    for (const { key, stage } of runs.filter(run => !known.has(run.key))) {
      const name = artefactName(stage, key)
      if (!existsSync(join(paths.root, name)))
        move(join(staged, name), join(paths.root, name))
      const runDir = paths.runDir(key)
      if (existsSync(runDir))
        moved.push({ from: runDir, to: trash.put(runDir) })
      move(join(staged, 'runs', key), runDir)
    }
    for (const { name } of teachers)
      move(join(staged, 'teachers', name), join(paths.teachers, name))
    new Set(moved.map(({ to }) => dirname(to))).forEach(syncPath) // once for all files of a folder
    return {
      count: () => moved.length,
      move: (from, to) => {
        move(from, to)
        syncPath(dirname(to))
      },
      undo,
    }
  }
  catch (error) {
    undo()
    throw error
  }
}
