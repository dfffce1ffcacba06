import type { WorkspacePaths } from '../workspace/paths.ts'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { FacetError } from '#shared/errors.ts'
import { writeDurably } from '#shared/files/durable.ts'

/** Largest recipe that is read; a hand-written one has a few kilobytes. */
const maxBytes = 1_000_000

/** A recipe that the workspace keeps. */
export interface RecipeFile { name: string, text: string, changedAtMs: number }

/** Text of any recipe on the disk. @throws FacetError where there is none, or it is too large to be one */
export function readRecipeText(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile())
    throw new FacetError('not-found', 'There is no such recipe.', { where: path })
  if (stat.size > maxBytes)
    throw new FacetError('bad-input', `The recipe has ${stat.size} bytes; at most ${maxBytes} are read.`, { where: path })
  return readFileSync(path, 'utf8')
}

/** The recipe that the workspace keeps of a study, or null. */
export function findRecipeFile(paths: WorkspacePaths, name: string): RecipeFile | null {
  const path = paths.recipePath(name)
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile()
    ? { name, text: readRecipeText(path), changedAtMs: stat.mtimeMs }
    : null
}

/** All recipes that the workspace keeps; names that are none of ours are passed over. */
export function listRecipeFiles(paths: WorkspacePaths): RecipeFile[] {
  if (!existsSync(paths.recipes))
    return []
  return readdirSync(paths.recipes).sort().flatMap((file) => {
    const name = /^([\w-]+)\.yaml$/.exec(file)?.[1]
    const recipe = name === undefined
      ? null
      : findRecipeFile(paths, name)
    return recipe
      ? [recipe]
      : []
  })
}

/** Keeps a recipe under a study's name, whole or not at all. */
export function putRecipeFile(paths: WorkspacePaths, name: string, text: string): string {
  mkdirSync(paths.recipes, { recursive: true })
  const path = paths.recipePath(name)
  writeDurably(path, text)
  return path
}

/** Forgets the recipe of a study, if there is one. */
export function removeRecipeFile(paths: WorkspacePaths, name: string): void {
  rmSync(paths.recipePath(name), { force: true })
}
