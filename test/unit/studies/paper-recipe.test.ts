import type { StudyDataset } from '#main/studies/step.ts'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expandStudy } from '#main/studies/expand.ts'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { resolveStudy } from '#main/studies/resolve.ts'
import { FacetError } from '#shared/errors.ts'
import { scan } from '../datasets/folder.ts'
import { layouts } from '../datasets/layouts.ts'

const resources = new URL('../../../resources/', import.meta.url)
const text = readFileSync(new URL('recipes/paper.yaml', resources), 'utf8')
const read = () => parseRecipe(text, { file: 'paper.yaml', folder: '/', settings: [{ path: 'data', value: '/photos' }] })
const paper = JSON.parse(readFileSync(new URL('paper/tables.json', resources), 'utf8'))
const teacher = (name: string) => ({ name, manifest: `/${name}.yaml`, sha256: name.padEnd(64, '0'), dimension: 128, contaminates: [], problem: null })

/** The recipe's data sets, with the tasks that each format finds in a small folder of its publisher's layout. */
async function datasets(): Promise<StudyDataset[]> {
  return Promise.all(Object.entries(read().recipe.data).map(async ([name, { format }]) => {
    const [, , files] = layouts.find(([one]) => one === format)!
    const { tasks, samples } = await scan(format!, files())
    return { name, root: `/${name}`, fingerprint: name.padEnd(64, '0'), format: format!, tasks, aligned: false, samples: samples.length, seen: samples.length, subjects: 2 }
  }))
}

describe('the recipe of the whole paper', () => {
  it('evaluates every knowledge of Tables 3, 4 and 6 by a task that its data set\'s format has', async () => {
    const { recipe, ...checked } = read()
    const names = new Set(['table3', 'table4', 'table6'].flatMap(table => paper[table].rows.map(([name]: string[]) => name)))
    expect(recipe.knowledge.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]))
    const { cells } = expandStudy({ recipe, ...checked }, await datasets(), recipe.teachers.map(teacher))
    expect(cells.filter(({ key, reason }) => key === null && !reason)).toEqual([])
    const kinds = Object.fromEntries((await datasets()).map(({ name, tasks }) => [name, tasks]))
    for (const { name, data, task } of recipe.knowledge)
      expect(kinds[data]![task], name).toBeDefined()
  })

  it('has every method of the paper\'s tables', () => {
    expect(read().methods.map(({ method }) => method.name)).toEqual(expect.arrayContaining(Object.values<string>(paper.methods)))
  })

  it('names every data set that is missing at once', async () => {
    const missing = resolveStudy(read(), {
      listTeachers: async () => read().recipe.teachers.map(teacher),
      ensureDataset: async (_name, { path }) => { throw new FacetError('not-found', 'There is no such folder.', { where: path }) },
    })
    const error = await missing.catch((error: unknown) => error) as FacetError
    expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining('11 of the study\'s 11 data sets are missing') })
    for (const folder of ['affectnet', 'rafdb', 'sfew', 'ms-celeb', 'lfw', 'imdb-wiki', 'utkface', 'celeba', 'fgnet', 'unbc', 'tiny-imagenet'])
      expect(error.message).toContain(`/photos/${folder}: There is no such folder.`)
  })
})

describe('the recipe of the paper\'s protocol on drawn images', () => {
  const drawn = parseRecipe(readFileSync(new URL('recipes/synthetic-paper.yaml', resources), 'utf8'), { file: 'synthetic-paper.yaml', folder: '/' })

  it('has the knowledge, teachers, methods and tables of the whole paper\'s, and what is source knowledge there', () => {
    const whole = read()
    const tasks = ({ recipe }: typeof whole) => recipe.knowledge.map(({ name, task, source }) => [name, task, source])
    expect(tasks(drawn)).toEqual(tasks(whole))
    expect(drawn.recipe.teachers).toEqual(whole.recipe.teachers)
    expect(drawn.recipe.unlabelled).toEqual(whole.recipe.unlabelled)
    const methods = drawn.methods.map(({ method }) => method.name)
    expect(methods).toEqual(expect.arrayContaining(whole.methods.map(({ method }) => method.name)))
    expect(drawn.recipe.tables).toEqual(expect.arrayContaining([...whole.recipe.tables, 'claims']))
  })

  it('sweeps the size of h_G for Figure 2, with at least two seeds where heads are frozen and one where pixels are trained on', () => {
    const { combiners, recipe, methods, target } = drawn
    expect(combiners.filter(({ kind }) => kind === 'ae').map(({ size }) => size ?? 'mean')).toEqual([96, 192, 766, 'mean'])
    expect(target).toBe('ae')
    expect(recipe.seeds.length).toBeGreaterThanOrEqual(2)
    for (const { method, seeds } of methods)
      expect(seeds.length, method.name).toBe(method.trainsPixels || ['scratch', 'p-cnn'].includes(method.name) ? 1 : 2)
  })

  it('leaves one of five people out in turn for FG-NET and UNBC', () => {
    for (const name of ['fgnet', 'unbc'])
      expect(drawn.recipe.data[name]).toMatchObject({ format: 'synthetic', identities: 5, protocol: 'subjects' })
  })
})
