import type { FormField } from '#shared/recipe-edit/form.ts'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { describeFields, labelOf } from '#shared/recipe-edit/form.ts'
import { combinerForm, defaultOf, differences, stageForms, varyCombiner } from '#shared/recipe-edit/stage-forms.ts'

const forms = stageForms()
function field(stage: string, path: string): FormField {
  return forms.find(form => form.stage === stage)!.groups.flatMap(group => group.fields).find(one => one.path.join('.') === path)!
}

it('every stage has a form, in the order of the data\'s way, with a help text for each field', () => {
  expect(forms.map(form => form.stage)).toEqual(['prepare', 'embed', 'combine', 'distil', 'transfer', 'select'])
  expect(forms.flatMap(form => form.groups.flatMap(group => group.fields)).filter(one => one.help === '').map(one => one.path.join('.'))).toEqual([])
})

it('a field is described by its schema: kind, bounds, choices, default', () => {
  expect(field('distil', 'width')).toMatchObject({ kind: 'integer', minimum: 4, maximum: 128, default: 27, label: 'Width' })
  expect(field('distil', 'optimizer.learningRate')).toMatchObject({ kind: 'number', minimum: 0, isOpen: true, default: 1e-3, label: 'Learning rate' })
  expect(field('combine', 'kind')).toMatchObject({ kind: 'choice', choices: ['concat', 'pca', 'ae', 'vae', 'dae'], default: 'ae' })
  expect(field('combine', 'size')).toMatchObject({ kind: 'integer-or-word', choices: ['mean'], default: 'mean', minimum: 0, isOpen: true })
  expect(field('combine', 'normalise')).toMatchObject({ kind: 'choice', choices: ['none', 'zscore', 'phi-s'], default: 'zscore', label: 'Normalise' })
  expect(field('combine', 'noise.level')).toMatchObject({ kind: 'number', minimum: 0, maximum: 0.9, default: 0.1, label: 'Level' })
  expect(field('prepare', 'aligned')).toMatchObject({ kind: 'switch', default: false })
  expect(field('transfer', 'head.hidden')).toMatchObject({ kind: 'integers', default: [256] })
  expect(field('combine', 'epochs').maximum).toBeNull()
})

it('the options of the multi-task student are a group with its schema\'s defaults', () => {
  expect(field('distil', 'network')).toMatchObject({ kind: 'choice', choices: ['resnet18', 'mobilenet', 'cnn'], default: 'resnet18' })
  expect(field('distil', 'multiTask.balance')).toMatchObject({ kind: 'choice', choices: ['none', 'teacher', 'uncertainty'], default: 'none' })
  expect(field('distil', 'multiTask.teacherDropping')).toMatchObject({ kind: 'number', minimum: 0, maximum: 0.95, default: 0, label: 'Teacher dropping' })
  expect(field('distil', 'multiTask.size')).toMatchObject({ kind: 'integer-or-word', choices: ['mean'], default: 'mean' })
})

it('a stage\'s own defaults of a group count before those of the group', () => {
  expect(field('distil', 'optimizer.kind').default).toBe('adamw') // distil says so, the group says adam
  expect(field('combine', 'optimizer.learningRate').default).toBe(1e-4)
  expect(field('transfer', 'optimizer.weightDecay').default).toBe(0.01)
})

it('what a run sets itself is in no form', () => {
  expect(field('embed', 'teachers')).toBeUndefined()
  expect(field('transfer', 'encoder.kind')).toBeUndefined()
  expect(field('transfer', 'folds')).toBeUndefined()
})

it('a new field of any schema gets its place without another line', () => {
  const config = z.strictObject({ depth: z.int().min(1).max(9).default(3).describe('Layers'), where: z.union([z.string(), z.array(z.string())]).default('a') })
  const [group] = describeFields(z.strictObject({ depth: z.int().min(1).max(9).optional(), where: z.union([z.string(), z.array(z.string())]).optional() }), config)
  expect(group!.fields).toMatchObject([{ label: 'Depth', help: 'Layers', default: 3, maximum: 9 }, { kind: 'yaml', default: 'a' }])
})

it('fine-tuning takes what transfer says before the schema, and its own before that', () => {
  expect(defaultOf(forms, 'transfer', field('transfer', 'fineTune.steps'), {})).toBe(1200)
  expect(defaultOf(forms, 'transfer', field('transfer', 'fineTune.epochs'), {})).toBe(100)
  expect(defaultOf(forms, 'transfer', field('transfer', 'fineTune.epochs'), { stages: { transfer: { epochs: 40 } } })).toBe(40)
})

it('a P-CNN takes its own values, then those of fine-tuning, then transfer\'s, before any default', () => {
  const rate = field('transfer', 'pCnn.optimizer.learningRate')
  expect(defaultOf(forms, 'transfer', rate, {})).toBe(5e-5)
  expect(defaultOf(forms, 'transfer', rate, { stages: { transfer: { fineTune: { optimizer: { learningRate: 0.01 } } } } })).toBe(0.01)
  expect(defaultOf(forms, 'transfer', field('transfer', 'pCnn.steps'), {})).toBe(1200)
  expect(defaultOf(forms, 'transfer', field('transfer', 'pCnn.patience'), {})).toBe(12)
})

it('only what differs from the defaults is told, for each combiner', () => {
  const recipe = { stages: { combine: [{ kind: 'pca' }, { kind: 'ae', epochs: 40, layers: 3 }], distil: { optimizer: { learningRate: 0.002 } } } }
  expect(differences(forms, recipe).map(({ path, value, default: standard }) => [path.join('.'), value, standard])).toEqual([
    ['stages.combine.0.kind', 'pca', 'ae'],
    ['stages.combine.1.epochs', 40, 130],
    ['stages.distil.optimizer.learningRate', 0.002, 0.001],
  ])
})

it('a grid over a field is a list of combiners whose names tell them apart', () => {
  expect(varyCombiner({ kind: 'ae', epochs: 40 }, 'size', [64, 128], ['ae-64'])).toEqual([
    { kind: 'ae', epochs: 40, name: 'ae-64-2', size: 64 },
    { kind: 'ae', epochs: 40, name: 'ae-128', size: 128 },
  ])
  expect(varyCombiner({}, 'layers', [1], [])).toEqual([{ name: 'ae-layers-1', layers: 1 }])
})

it('identifiers become words', () => {
  expect(['learningRate', 'minMesh', 'optimizer', 'color', 'fine-tuned'].map(labelOf)).toEqual(['Learning rate', 'Min mesh', 'Optimiser', 'Colour', 'Fine tuned'])
})

it('shows of a combiner what its kind reads, and what it sets all the same', () => {
  const form = stageForms().find(({ stage }) => stage === 'combine')!
  const shown = (entry: Record<string, unknown>): string[] => combinerForm(form, entry).groups.flatMap(({ fields }) => fields.map(({ path }) => path.join('.')))
  expect(shown({ kind: 'concat' })).toEqual(['name', 'kind', 'normalise'])
  expect(shown({ kind: 'pca' })).toEqual(['name', 'kind', 'size', 'normalise'])
  expect(shown({ kind: 'pca', epochs: 3 })).toEqual(['name', 'kind', 'size', 'normalise', 'epochs'])
  expect(shown({})).toContain('optimizer.learningRate')
  const ofKinds = ['skip', 'beta', 'annealing', 'noise.kind', 'noise.level']
  expect(['ae', 'vae', 'dae', 'misspelt'].map(kind => shown({ kind }).filter(path => ofKinds.includes(path)))).toEqual([
    ['skip'],
    ['beta', 'annealing'],
    ['noise.kind', 'noise.level'],
    ofKinds,
  ])
})
