import type { StudyDetail } from '#shared/study-detail.ts'
import { dirname, isAbsolute, resolve } from 'node:path'
import { readRecipe, setField, valueAt } from '#shared/recipe-edit/edit-text.ts'
import { readValue } from '#shared/yaml-data.ts'

/**
 * The recipe of a study as a text that stands by itself: what `--set` and `--seeds` said is written into it, so that opening it
 * anywhere gives the same runs.
 */
export function ownText(recipe: string, { command, recipe: resolved }: Pick<StudyDetail, 'command' | 'recipe'>): string {
  let text = withAbsolutePaths(recipe, dirname(command.path))
  for (const setting of command.set) {
    const at = setting.indexOf('=')
    const path = setting.slice(0, at)
    if (Object.hasOwn(resolved.variables, path)) {
      text = setField(text, ['variables', path], resolved.variables[path])
      continue
    }
    const steps = path.split('.').map(step => /^\d+$/.test(step)
      ? Number(step)
      : step)
    text = setField(text, steps, readValue(setting.slice(at + 1)))
  }
  return command.seeds
    ? setField(text, ['seeds'], command.seeds)
    : text
}

/** A recipe whose folders are found from anywhere: relative ones are taken from `folder`. Paths that begin with a variable stay. */
export function withAbsolutePaths(text: string, folder: string): string {
  const data = valueAt(readRecipe(text), ['data'])
  if (data === null || typeof data !== 'object')
    return text
  return Object.entries(data).reduce((result, [name, entry]) => {
    const path = valueAt(entry, ['path'])
    return typeof path === 'string' && path !== '' && !isAbsolute(path) && !path.startsWith('${')
      ? setField(result, ['data', name, 'path'], resolve(folder, path))
      : result
  }, text)
}
