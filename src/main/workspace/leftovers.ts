import type { RunState } from '#shared/order.ts'
import type { WorkspacePaths } from './paths.ts'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { eventsPath } from '#main/runner/follow.ts'

/** A file or folder that nobody needs, and why that is known. */
export interface Leftover { path: string, why: string }

/** Names that our own writing gives to what is not finished yet, with the process that writes. */
const temporaryNames = [/\.tmp-(\d+)$/, /\.(\d+)\.tmp$/, /^facet\.lock\.(\d+)$/, /^\.facet\.lock\.stale-(\d+)$/]

/** Temporary files whose process is gone, in every folder that Facet writes to, and unfinished artefacts of runs that are done. */
export function findTemporaries(paths: WorkspacePaths, states: ReadonlyMap<string, RunState>): Leftover[] {
  const folders = [paths.root, paths.backups, paths.recipes, paths.teachers, ...artefactFolders(paths), ...namesIn(join(paths.root, 'runs')).map(name => join(paths.root, 'runs', name))]
  const temporaries = folders.flatMap(folder => namesIn(folder)
    .filter(isAbandoned)
    .map(name => ({ path: join(folder, name), why: 'a process that has ended was writing it' })))
  const unfinished = artefactFolders(paths).flatMap(folder => namesIn(folder)
    .filter(name => name.includes('.partial') && states.get(name.slice(0, 64)) === 'done')
    .map(name => ({ path: join(folder, name), why: 'its run was finished another time' })))
  return [...temporaries, ...unfinished]
}

/**
 * Artefacts and run folders that the database does not know. `recoverable` are those whose run folder still has its event file: a
 * study that is run again takes them up, so they are left where they are.
 */
export function findOrphans(paths: WorkspacePaths, states: ReadonlyMap<string, RunState>): { orphans: Leftover[], recoverable: string[] } {
  const orphans: Leftover[] = []
  const recoverable: string[] = []
  const artefacts = artefactFolders(paths).filter(folder => folder !== paths.datasets).flatMap(folder => namesIn(folder).map(name => ({ folder, name })))
  const runs = namesIn(join(paths.root, 'runs')).map(name => ({ folder: join(paths.root, 'runs'), name }))
  for (const { folder, name } of [...artefacts, ...runs]) {
    const key = /^[0-9a-f]{64}/.exec(name)?.[0]
    if (key === undefined || states.has(key) || isAbandoned(name))
      continue
    const path = join(folder, name)
    if (sizeOf(eventsPath(paths.runDir(key))) > 0)
      recoverable.push(path)
    else
      orphans.push({ path, why: 'no run of this workspace has made it' })
  }
  return { orphans, recoverable }
}

function artefactFolders(paths: WorkspacePaths): string[] {
  return [paths.datasets, ...['faces', 'embeddings', 'models'].map(name => join(paths.root, 'artefacts', name))]
}

function isAbandoned(name: string): boolean {
  const pid = temporaryNames.flatMap(pattern => pattern.exec(name)?.[1] ?? [])[0]
  return pid !== undefined && Number(pid) !== process.pid && !existsSync(`/proc/${pid}`)
}

function namesIn(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder).sort() : []
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
