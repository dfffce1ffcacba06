import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageRoot } from '#main/node-binary.ts'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { resolveStudy } from '#main/studies/resolve.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-p-cnn-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A manifest of this format; its model is never opened here. */
function teacher(name: string, format: string) {
  const manifest = join(folder, `${name}.yaml`)
  const text = readFileSync(join(packageRoot, 'resources/teachers/emotion.yaml'), 'utf8')
  writeFileSync(manifest, text.replace(/^name: .*$/m, `name: ${name}`).replace(/^format: .*$/m, `format: ${format}`))
  return { name, manifest, sha256: name, dimension: 4, contaminates: [], problem: null }
}

function resolve(formats: Record<string, string>, methods: string[]) {
  const teachers = Object.entries(formats).map(([name, format]) => teacher(name, format))
  const text = ['study: own', 'data: { utk: { format: utkface, path: utk } }', 'unlabelled: [utk]', `teachers: [${Object.keys(formats).join(', ')}]`, 'knowledge: [{ name: Gender, data: utk, task: gender }]', `methods: [${methods.join(', ')}]`, 'seeds: [0]', 'tables: [target]'].join('\n')
  const pack = join(folder, `${teachers.length}-${methods.length}`)
  mkdirSync(pack, { recursive: true })
  const path = join(pack, 'pack.sqlite')
  rmSync(path, { force: true })
  const fingerprint = 'a'.repeat(64)
  writeDataset(path, { meta: { format: 'utkface', root: '/p', fingerprint, tasks: { gender: { kind: 'classification', label: 'gender', classes: ['male', 'female'], protocol: 'split' } }, aligned: false, licence: '', notes: [] }, samples: [], rejected: [], pairs: [] })
  return resolveStudy(parseRecipe(text, { file: 'own.yaml', folder: '/', settings: [] }), { ensureDataset: async () => ({ pack: path, fingerprint }), listTeachers: async () => teachers })
}

it('p-cnn is refused before anything runs where no teacher can be trained, naming them', async () => {
  await expect(resolve({ mine: 'onnx', other: 'saved-model' }, ['p-cnn'])).rejects.toMatchObject({ code: 'bad-input', message: 'p-cnn trains all parameters of a teacher, and of this study\'s none can be trained: mine (onnx), other (saved-model).', hint: expect.stringContaining('TFJS graph model') })
})

it('one teacher that can be trained is enough, and without p-cnn none has to be', async () => {
  await expect(resolve({ mine: 'onnx', other: 'tfjs-graph' }, ['p-cnn'])).resolves.toMatchObject({ teachers: [{ name: 'mine' }, { name: 'other' }] })
  await expect(resolve({ mine: 'onnx' }, ['"teacher:*"'])).resolves.toMatchObject({ teachers: [{ name: 'mine' }] })
})
