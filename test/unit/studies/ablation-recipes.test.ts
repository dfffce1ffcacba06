import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseRecipe } from '#main/studies/parse-recipe.ts'

const read = (name: string) => parseRecipe(readFileSync(new URL(`../../../resources/recipes/${name}.yaml`, import.meta.url), 'utf8'), { file: `${name}.yaml`, folder: '/', settings: [{ path: 'data', value: '/photos' }] })

describe('the recipes of the paper\'s ablations', () => {
  it('compare every kind of combiner at the size of the average embedding', () => {
    const { combiners, methods, recipe } = read('ablation-combiners')
    expect(combiners.map(({ name, kind, size }) => [name, kind, size])).toEqual([['pca', 'pca', undefined], ['ae', 'ae', undefined], ['ae-skip', 'ae', undefined], ['vae', 'vae', undefined], ['dae', 'dae', undefined]])
    expect(methods.map(({ method }) => method.name)).toEqual(['concat', 'pca', 'ae', 'ae-skip', 'vae', 'dae'])
    expect(recipe.tables).toContain('reconstruction')
    expect(recipe.data.utk!.path).toBe('/photos/utkface')
  })

  it('sweep the size of pca and ae, the sizes of each differing in nothing else', () => {
    const { combiners, methods, target } = read('ablation-size')
    const sizes = (kind: string): unknown[] => combiners.filter(one => one.kind === kind).map(({ size }) => size).sort((a, b) => Number(a) - Number(b))
    expect(sizes('pca')).toEqual([48, 96, 192, 383, 766])
    expect(sizes('ae')).toEqual(sizes('pca'))
    expect(combiners.every(({ name, kind, size }) => name === `${kind}-${size}`)).toBe(true)
    expect(methods).toHaveLength(combiners.length)
    expect(target).toBe('ae-383')
  })

  it('are refused without the folder of the photographs, with how to give it', () => {
    expect(() => parseRecipe(readFileSync(new URL('../../../resources/recipes/ablation-size.yaml', import.meta.url), 'utf8'), { file: 'ablation-size.yaml', folder: '/' })).toThrow('the variable "data" has no value')
  })
})
