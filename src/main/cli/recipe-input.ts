import type { Command } from 'commander'
import type { Input } from '#shared/contract.ts'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'

export interface RecipeOptions { set?: string[], seeds?: number[] }

/** The options of every command that takes a recipe. */
export function withRecipeOptions(command: Command): Command {
  return command
    .option('--set <path=value>', 'replace a value of the recipe or give a variable; may be repeated', (word: string, all: string[] = []) => [
      ...all,
      checkSetting(word),
    ])
    .option('--seeds <list>', 'seeds instead of the recipe\'s, e.g. 0,1,2', parseSeeds)
}

function checkSetting(word: string): string {
  if (!/^[^=]+=/.test(word))
    throw new FacetError('usage', `--set is "${word}"; it must be path=value, e.g. --set stages.combine.epochs=20.`)
  return word
}

function parseSeeds(word: string): number[] {
  const seeds = word.split(',').map(part => part.trim())
  const wrong = seeds.find(part => !/^\d{1,9}$/.test(part))
  if (wrong !== undefined)
    throw new FacetError('usage', `--seeds has "${wrong}"; seeds are whole numbers from 0, separated by commas.`)
  return [
    ...new Set(seeds.map(Number)),
  ]
}

/** Largest recipe that is sent; a hand-written one has a few kilobytes. */
const maxBytes = 1_000_000

/** Reads the recipe here, where its path means something, and sends its text. @throws FacetError where it cannot be read */
export async function readRecipeInput(path: string, { set = [], seeds }: RecipeOptions): Promise<Input<'studies.run'>> {
  const file = resolve(path)
  try {
    const { size } = await stat(file)
    if (size > maxBytes)
      throw new FacetError('bad-input', `The recipe has ${size} bytes; at most ${maxBytes} are read.`, { where: path })
    return {
      path: file,
      text: await readFile(file, 'utf8'),
      set,
      seeds,
      workingDirectory: process.cwd(),
    }
  }
  catch (error) {
    if (error instanceof FacetError)
      throw error
    const { code } = error as NodeJS.ErrnoException
    throw new FacetError(code === 'ENOENT'
      ? 'not-found'
      : 'bad-input', code === 'ENOENT'
      ? 'There is no such recipe.'
      : `The recipe cannot be read (${code}).`, { where: path, hint: 'Recipes that come with Facet are in resources/recipes.', cause: error })
  }
}
