import type { Setting } from '#main/studies/parse-recipe.ts'
import type { Sample } from '#shared/dataset.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { resolveStudy } from '#main/studies/resolve.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'

const text = `study: copies
data:
  web: { format: folders, path: web }
  utk: { format: utkface, path: utk }
unlabelled: [web]
teachers: [dlib]
stages:
  combine: [{ kind: pca }]
  distil: { target: pca, steps: 20 }
knowledge:
  - { name: Gender-UTK, data: utk, task: gender }
methods: [pca, student]
seeds: [0]
tables: [target]
`

/** Resolves the study over two packs: photographs by content, of utk also by split. */
async function resolve(web: string[], utk: Record<string, Sample['split']>, settings: Setting[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'facet-copies-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, photographs: [string, Sample['split']][]) => {
    const pack = join(folder, `${name}.sqlite`)
    const fingerprint = (name === 'web' ? '1' : '2').repeat(64)
    writeDataset(pack, {
      meta: {
        format: name,
        root: `/${name}`,
        fingerprint,
        tasks: {
          gender: { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' },
        },
        aligned: false,
        licence: '',
        notes: [],
      },
      samples: photographs.map(([content, split], i) => ({
        path: `${i}.jpg`,
        labels: {},
        split,
        subject: null,
        unseen: false,
        bytes: 1,
        sha256: content.repeat(64),
      })),
      rejected: [],
      pairs: [],
    })
    return { pack, fingerprint }
  }
  const packs = { web: write('web', web.map(content => [content, null])), utk: write('utk', Object.entries(utk)) }
  const { expansion, datasets } = await resolveStudy(parseRecipe(text, { file: 'copies.yaml', folder: '/', settings }), {
    ensureDataset: async name => packs[name as keyof typeof packs],
    listTeachers: async () => [
      { name: 'dlib', manifest: '/d.yaml', sha256: 'd', dimension: 128, contaminates: [], problem: null },
    ],
  })
  const of = (stage: string) => expansion.steps.find(step => step.stage === stage)!
  return { combine: of('combine'), distil: of('distil'), datasets }
}

it('a data set that is only tested on guards its photographs: a copy among the unlabelled ones is told to the worker and makes other runs', async () => {
  const apart = await resolve(['a', 'b'], { c: 'train', d: 'test' })
  const copied = await resolve(['a', 'b'], { c: 'train', b: 'test' })
  for (const stage of ['combine', 'distil'] as const) {
    expect(apart[stage].inputs.sources.map(({ name, unlabelled }) => [name, unlabelled])).toEqual([['web', true]])
    expect(copied[stage].inputs.sources.map(({ name, unlabelled }) => [name, unlabelled])).toEqual([['web', true], ['utk', false]])
    expect(copied[stage].key).not.toBe(apart[stage].key)
  }
})

it('a copy of a training photograph changes nothing, nor do other photographs of the tested data set', async () => {
  const apart = await resolve(['a', 'b'], { c: 'train', d: 'test' })
  expect((await resolve(['a', 'b'], { b: 'train', e: 'test' })).combine.key).toBe(apart.combine.key)
  const copied = await resolve(['a', 'b'], { b: 'validation', d: 'test' })
  expect((await resolve(['a', 'b'], { b: 'validation', e: 'test', f: 'train' })).combine.key).toBe(copied.combine.key)
})

it('a data set is counted as it stands in its pack, and held out are validation and test', async () => {
  const { datasets } = await resolve(['a', 'b', 'c'], { d: 'train', e: 'validation', f: 'test', 1: null })
  expect(datasets.map(({ name, samples, seen, subjects }) => ({ name, samples, seen, subjects }))).toEqual([
    { name: 'web', samples: 3, seen: 3, subjects: 0 },
    { name: 'utk', samples: 4, seen: 2, subjects: 0 },
  ])
})

it('where near copies are asked for, runs read the embeddings of every data set, and other ones are other runs', async () => {
  const [web, utk] = [['a', 'b'], { c: 'train', d: 'test' }] as [string[], Record<string, Sample['split']>]
  const near = (value: string) => resolve(web, utk, [{ path: 'nearCopies', value }])
  const plain = await resolve(web, utk)
  const asked = await near('0.95')
  for (const stage of ['combine', 'distil'] as const) {
    expect(asked[stage].inputs.nearCopies).toBe(0.95)
    expect(asked[stage].inputs.sources.map(({ name, unlabelled, embeddings }) => [name, unlabelled, embeddings !== null])).toEqual([['web', true, true], ['utk', false, true]])
    expect(new Set([plain[stage].key, asked[stage].key, (await near('0.9'))[stage].key]).size).toBe(3)
    expect(plain[stage].inputs.nearCopies).toBeUndefined()
  }
  expect(asked.combine.needs).toHaveLength(2)
  await expect(near('2')).rejects.toThrow('nearCopies')
})
