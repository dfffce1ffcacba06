import type { Setting } from '#main/studies/parse-recipe.ts'
import type { StudyDataset, StudyTeacher } from '#main/studies/step.ts'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandStudy } from '#main/studies/expand.ts'
import { canonicalJson, contentKey } from '#main/studies/keys.ts'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { stages } from '#shared/stages/index.ts'

const text = `study: small
data:
  utk: { format: utkface, path: utkface }
  lfw: { format: lfw, path: lfw }
unlabelled: [utk, lfw]
teachers: [faceres, dlib]
stages:
  combine: [{ kind: pca }, { kind: ae, epochs: 10 }]
  distil: { target: ae, steps: 20, seeds: [0] }
knowledge:
  - { name: Gender-UTK, data: utk, task: gender }
  - { name: Identity-LFW, data: lfw, task: verification }
methods: ["teacher:dlib", pca, ae, student, { name: scratch, seeds: [0] }]
seeds: [0, 1, 2]
tables: [target, reconstruction]
`
const datasets: StudyDataset[] = [
  {
    name: 'utk',
    root: '/u',
    fingerprint: 'u'.repeat(64),
    format: 'utkface',
    aligned: false,
    samples: 100,
    seen: 60,
    subjects: 0,
    tasks: {
      gender: {
        kind: 'classification',
        label: 'gender',
        classes: ['male', 'female'],
        protocol: 'split',
      },
    },
  },
  {
    name: 'lfw',
    root: '/l',
    fingerprint: 'l'.repeat(64),
    format: 'lfw',
    aligned: false,
    samples: 50,
    seen: 25,
    subjects: 40,
    tasks: {
      verification: { kind: 'verification', protocol: 'pairs' },
    },
  },
]
const teachers: StudyTeacher[] = [
  {
    name: 'faceres',
    manifest: '/t/f.yaml',
    sha256: 'f',
    dimension: 1024,
    contaminates: [],
  },
  {
    name: 'dlib',
    manifest: '/t/d.yaml',
    sha256: 'd',
    dimension: 128,
    contaminates: ['utkface'],
  },
]
function expand(settings: Setting[] = [], { data = datasets, known = teachers } = {}) {
  const checked = parseRecipe(text, { file: 'small.yaml', folder: '/', settings })
  return expandStudy(checked, data, known.filter(one => checked.recipe.teachers.includes(one.name)))
}
const keysOf = (expansion: ReturnType<typeof expand>, stage: string) => expansion.steps.filter(step => step.stage === stage).map(step => step.key).sort()

describe('a study expands to runs', () => {
  it('measures what its combiners rebuild in any case, and what every seed of the student does where the table is asked for', () => {
    const measured = (tables: string) => [...new Set(expand([{ path: 'tables', value: tables }, { path: 'stages.distil.seeds', value: '[0, 1]' }]).reconstructions.map(({ method, seed }) => `${method} ${seed}`))]
    // pca has no seed, and seed 2 builds on the student of seed 0: one run serves all
    expect(measured('[target]')).toEqual(['pca 0', 'ae 0', 'ae 1', 'ae 2'])
    expect(measured('[reconstruction]')).toEqual(['pca 0', 'ae 0', 'ae 1', 'ae 2', 'student 0', 'student 1'])
  })

  it('each once, whatever needs it', () => {
    const counts = Object.groupBy(expand().steps, step => step.stage)
    expect(Object.fromEntries(Object.entries(counts).map(([stage, steps]) => [stage, steps.length]))).toEqual({
      prepare: 2, // one a data set
      embed: 2,
      combine: 4, // pca without a seed, ae with three
      distil: 1, // its own list of seeds
      transfer: 3 + 3 + 3 + 3 + 1 // gender: dlib, pca, ae, student with three seeds, scratch with one
        + 1 + 1 + 3 + 1, // LFW has no seed of its own: dlib 1, pca 1, ae 3, student 1
    })
  })

  it('in an order in which each finds what it needs', () => {
    const seen = new Set<string>()
    for (const step of expand().steps) {
      expect(step.needs.every(key => seen.has(key)), step.label).toBe(true)
      seen.add(step.key)
    }
  })

  it('with the rest of a group as the stage has it where a recipe gives one field of it', () => {
    const optimizer = (settings: Setting[]) => expand(settings).steps.find(step => step.stage === 'distil')!.config.optimizer
    expect(optimizer([{ path: 'stages.distil.optimizer.learningRate', value: '0.002' }])).toEqual({ ...optimizer([]) as object, learningRate: 0.002 })
    expect(optimizer([])).toMatchObject({ kind: 'adamw', learningRate: 0.001 })
  })

  it('with other keys for all that stands on teachers where they are embedded otherwise, and the same ones for the rest', () => {
    const methods: Setting = { path: 'methods', value: '["teacher:dlib", p-cnn, ae, bt, bct-oracle, student, scratch]' }
    const before = expand([methods])
    const { version } = stages.embed
    try {
      stages.embed.version = version + 1
      const kept = expand([methods]).steps.filter(({ key }) => before.steps.some(step => step.key === key))
      expect(kept.map(({ label }) => label).sort()).toEqual([
        'prepare lfw',
        'prepare utk',
        'transfer Gender-UTK, scratch, seed 0',
        'transfer Gender-UTK, scratch, seed 1',
        'transfer Gender-UTK, scratch, seed 2',
      ])
    }
    finally {
      stages.embed.version = version
    }
  })

  it('with the keys that runs on single teachers had before these named the version of embed', () => {
    const { steps } = expand()
    const step = steps.find(({ label }) => label === 'transfer Gender-UTK, teacher:dlib, seed 0')!
    const faces = steps.find(({ label }) => label === 'prepare utk')!.key
    expect(step.key).toBe(contentKey({ stage: 'transfer', version: 3, config: step.config, inputs: { faces, teacher: 'd' }, seed: 0, engine: 2 }))
  })

  it('with one run for a selection on validation, and one that only reads its scores for the oracle', () => {
    const methods = { path: 'methods', value: '[bt, bct, bct-oracle]' }
    const { steps, cells } = expand([methods, { path: 'stages.transfer.steps', value: '70' }, { path: 'stages.select.train', value: '2' }])
    const runs = steps.filter(({ stage }) => stage === 'select')
    expect(runs.map(({ label }) => label)).toEqual([
      ...[0, 1, 2].map(seed => `select Gender-UTK, bt, seed ${seed}`),
      ...[0, 1, 2].map(seed => `select Gender-UTK, bct, seed ${seed}`),
      ...[0, 1, 2].map(seed => `select Gender-UTK, bct-oracle, seed ${seed}`),
      'select Identity-LFW, bt',
      'select Identity-LFW, bct',
      'select Identity-LFW, bct-oracle',
    ])
    const [single, all, oracle] = [0, 3, 6].map(i => runs[i]!) as [typeof runs[0], typeof runs[0], typeof runs[0]]
    expect([single, all, oracle].map(({ config: { subsets, choose } }) => [subsets, choose])).toEqual([['single', 'validation'], ['all', 'validation'], ['all', 'test']])
    // heads are those of transfer
    expect(all.config).toMatchObject({ steps: 70, train: 2, head: { hidden: [256], dropout: 0.5 }, optimizer: { kind: 'adamw' } })
    expect(oracle.needs).toEqual([all.key])
    expect(oracle.inputs.selection).toBe(all.key)
    expect([single, all, oracle].map(({ usesAllCores }) => usesAllCores)).toEqual([false, true, false])
    const marks = (method: string) => cells.find(cell => cell.method === method && cell.knowledge === 'Gender-UTK')!.marks
    expect([marks('bct'), marks('bct-oracle')]).toEqual([[], ['oracle']])
  })

  it('but refuses a ranking that people who are left out would have a say in', () => {
    const subjects = datasets.map(data => ({ ...data, tasks: Object.fromEntries(Object.entries(data.tasks).map(([name, task]) => [name, task.kind === 'classification' ? { ...task, protocol: 'subjects' as const } : task])) }))
    const checked = (train: string) => parseRecipe(text, { file: 'small.yaml', folder: '/', settings: [{ path: 'methods', value: '[bct]' }, { path: 'stages.select.train', value: train }] })
    expect(() => expandStudy(checked('2'), subjects, teachers)).toThrow('Knowledge "Gender-UTK" leaves people out in turn, so all subsets of teachers must be trained')
    expect(expandStudy(checked('all'), subjects, teachers).steps.some(({ stage }) => stage === 'select')).toBe(true)
  })

  it('with a multi-task student of the same network beside the other one, on the embeddings and in the combiner\'s shape', () => {
    const plain = expand()
    const both = expand([
      { path: 'methods', value: '["teacher:dlib", pca, ae, mt, mt-finetuned, student, { name: scratch, seeds: [0] }]' },
      { path: 'stages.combine.1.layers', value: '2' },
      { path: 'stages.combine.1.size', value: '300' },
    ])
    const distils = both.steps.filter(step => step.stage === 'distil')
    expect(distils.map(step => step.label)).toEqual(['distil multi-task, seed 0', 'distil ae, seed 0'])
    const [multiTask, student] = distils
    expect(multiTask!.config).toEqual({ ...student!.config, multiTask: { size: 300, layers: 2, activation: 'elu', balance: 'none', teacherDropping: 0 } })
    expect(multiTask!.inputs).toMatchObject({ combiner: null, teachers: teachers.map(({ name }) => ({ name })) })
    expect(new Set(multiTask!.needs)).toEqual(new Set(keysOf(both, 'embed')))
    // frozen on both knowledge, fine-tuned where pixels are trained on; all seeds on the one student
    const own = both.steps.filter(step => step.inputs.student === multiTask!.key)
    expect(own.map(step => step.label)).toEqual([...[0, 1, 2].map(seed => `transfer Gender-UTK, mt, seed ${seed}`), ...[0, 1, 2].map(seed => `transfer Gender-UTK, mt-finetuned, seed ${seed}`), 'transfer Identity-LFW, mt'])
    expect(both.cells.find(cell => cell.knowledge === 'Identity-LFW' && cell.method === 'mt-finetuned')!.key).toBeNull()
    expect(both.reconstructions.filter(({ method }) => method === 'mt')).toEqual([{ method: 'mt', seed: 0, key: multiTask!.key }])
    expect(both.cells.find(cell => cell.method === 'mt')!.marks).toEqual(['contaminated'])
    // what was there keeps its key
    const more = expand([{ path: 'methods', value: '["teacher:dlib", pca, ae, mt, student, { name: scratch, seeds: [0] }]' }])
    const keys = new Set(more.steps.map(step => step.key))
    expect(plain.steps.filter(step => !keys.has(step.key))).toEqual([])
    expect(plain.steps.find(step => step.stage === 'distil')!.config).not.toHaveProperty('multiTask')
  })

  it('and the multi-task student by its own settings, whatever the combiner', () => {
    const sized = (settings: Setting[]) => expand([{ path: 'methods', value: '[mt]' }, ...settings]).steps.find(step => step.stage === 'distil')!.config.multiTask
    expect(sized([])).toMatchObject({ size: 'mean', layers: 3 })
    expect(sized([{ path: 'stages.combine.1.size', value: '300' }, { path: 'stages.distil.multiTask', value: '{ size: 64, balance: uncertainty, teacherDropping: 0.25 }' }])).toEqual({ size: 64, layers: 3, activation: 'elu', balance: 'uncertainty', teacherDropping: 0.25 })
    expect(sized([{ path: 'stages.combine.1', value: '{ kind: concat, name: all }' }, { path: 'stages.distil.target', value: 'all' }])).toMatchObject({ size: 'mean' })
  })

  it('with a reason where a cell cannot be filled', () => {
    const cell = expand().cells.find(one => one.knowledge === 'Identity-LFW' && one.method === 'scratch')!
    expect(cell.key).toBeNull()
    expect(cell.reason).toContain('VGGFace2')
  })

  it('and marks every method that leans on a contaminated teacher', () => {
    const marks = Object.fromEntries(expand().cells.filter(cell => cell.seed === 0).map(cell => [`${cell.knowledge} ${cell.method}`, cell.marks]))
    expect(marks['Gender-UTK teacher:dlib']).toEqual(['contaminated'])
    expect(marks['Gender-UTK student']).toEqual(['contaminated'])
    expect(marks['Gender-UTK scratch']).toEqual([])
    expect(marks['Identity-LFW ae']).toEqual(['seen-unlabelled'])
    expect(marks['Identity-LFW teacher:dlib']).toEqual([])
  })

  it('and refuses a task that the data set does not have, with those it has', () => {
    expect(() => expand([
      { path: 'knowledge.0.task', value: 'gendr' },
    ])).toThrow('no task "gendr"')
  })
})

describe('a study runs again only what changed', () => {
  it('the epochs of ae: combine and what builds on it, not pca, teachers or faces', () => {
    const before = expand()
    const after = expand([
      { path: 'stages.combine.1.epochs', value: '11' },
    ])
    expect(keysOf(after, 'embed')).toEqual(keysOf(before, 'embed'))
    const kept = new Set(before.steps.map(step => step.key))
    const anew = after.steps.filter(step => !kept.has(step.key)).map(step => step.label)
    expect(anew.filter(label => label.startsWith('combine'))).toHaveLength(3)
    expect(anew.some(label => /pca|dlib|scratch/.test(label))).toBe(false)
    expect(anew.some(label => label.includes('student'))).toBe(true)
  })

  it('another list of teachers leaves the heads of single teachers alone', () => {
    const single = (expansion: ReturnType<typeof expand>) => expansion.cells.filter(cell => cell.method === 'teacher:dlib').map(cell => cell.key)
    expect(single(expand([
      { path: 'teachers', value: '[dlib]' },
    ]))).toEqual(single(expand()))
  })

  it('a changed photograph: everything of that data set', () => {
    const changed = datasets.map(data => (data.name === 'utk'
      ? {
          ...data,
          fingerprint: 'v'.repeat(64),
        }
      : data))
    const kept = new Set(expand().steps.map(step => step.key))
    expect(expand([], { data: changed }).steps.filter(step => kept.has(step.key)).map(step => step.label)).toEqual(['prepare lfw', 'embed lfw', 'transfer Identity-LFW, teacher:dlib'])
  })

  it('a changed teacher file: its embeddings and what builds on them', () => {
    const changed = teachers.map(one => (one.name === 'dlib'
      ? { ...one, sha256: 'e' }
      : one))
    const kept = new Set(expand().steps.map(step => step.key))
    expect(expand([], { known: changed }).steps.filter(step => kept.has(step.key)).map(step => step.label).sort()).toEqual(['prepare lfw', 'prepare utk', 'transfer Gender-UTK, scratch, seed 0'])
  })
})

describe('a key', () => {
  it('ignores the order of fields and undefined ones', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
      const reversed = Object.fromEntries(Object.entries(record).reverse())
      expect(contentKey(reversed)).toBe(contentKey(record))
      expect(contentKey({ ...record, '\u{10FFFF}none': undefined })).toBe(contentKey(record))
    }))
  })

  it('is the SHA-256 of the sorted JSON', () => {
    expect(canonicalJson({
      b: [
        1,
        { d: null, c: 'x' },
      ],
      a: true,
    })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}')
    expect(contentKey({ a: 1 })).toBe(createHash('sha256').update('{"a":1}').digest('hex'))
  })

  it('refuses what JSON would change silently', () => {
    expect(() => contentKey({ a: Number.NaN })).toThrow('cannot be part of a key')
  })
})

describe('a share of the labels', () => {
  const shares = [{ path: 'knowledge.0.labels', value: '[0.01, 0.105, 1]' }]

  it('is a knowledge of its own, and the whole keeps its key', () => {
    const { cells } = expand(shares)
    expect([...new Set(cells.map(({ knowledge }) => knowledge))]).toEqual(['Gender-UTK-1pct', 'Gender-UTK-10_5pct', 'Gender-UTK', 'Identity-LFW'])
    const keyIn = (cells: ReturnType<typeof expand>['cells'], name: string) => cells.filter(({ knowledge, method }) => knowledge === name && method === 'ae').map(({ key }) => key)
    expect(keyIn(cells, 'Gender-UTK')).toEqual(keyIn(expand().cells, 'Gender-UTK'))
    expect(keyIn(cells, 'Identity-LFW')).toEqual(keyIn(expand().cells, 'Identity-LFW'))
    expect(new Set(cells.filter(({ method, seed }) => method === 'ae' && seed === 0).map(({ key }) => key)).size).toBe(4)
  })

  it('may be set for a whole study, where a knowledge says nothing else; verification trains on no labels', () => {
    const { steps } = expand([{ path: 'stages.transfer.labels', value: '0.1' }])
    const shareOf = (task: string) => [...new Set(steps.filter(({ stage, config }) => stage === 'transfer' && config.task === task).map(({ config }) => config.labels))]
    expect(shareOf('gender')).toEqual([0.1])
    expect(shareOf('verification')).toEqual([undefined])
  })

  it('is a number above 0 and at most 1, each once', () => {
    expect(() => expand([{ path: 'knowledge.0.labels', value: '0' }])).toThrow('knowledge.0.labels')
    expect(() => expand([{ path: 'knowledge.0.labels', value: '[0.1, 0.1]' }])).toThrow('"Gender-UTK-10pct" is there twice')
    expect(() => expand([{ path: 'stages.transfer.fineTune.labels', value: '0.1' }])).toThrow('labels')
  })
})

describe('a P-CNN', () => {
  const asked = [{ path: 'methods', value: '[p-cnn, "teacher:dlib"]' }, { path: 'seeds', value: '[0]' }]
  const transferOf = (settings: Setting[], method: string) => {
    const { cells, steps } = expand([...asked, ...settings])
    const { key } = cells.find(cell => cell.knowledge === 'Gender-UTK' && cell.method === method)!
    return steps.find(step => step.key === key)!
  }

  it('needs every teacher\'s own transfer, the one of the study\'s column included, and is another where one of these is', () => {
    const step = transferOf([], 'p-cnn')
    expect(step.inputs.candidates!.map(({ teacher }) => teacher)).toEqual(['faceres', 'dlib'])
    expect(step.inputs.candidates![1]!.key).toBe(transferOf([], 'teacher:dlib').key)
    expect(step.needs).toEqual(expect.arrayContaining(step.inputs.candidates!.map(({ key }) => key)))
    expect(transferOf([{ path: 'stages.transfer.head.hidden', value: '[32]' }], 'p-cnn').key).not.toBe(step.key)
    expect(transferOf([{ path: 'teachers', value: '[dlib]' }], 'p-cnn').key).not.toBe(step.key)
  })

  it('is trained as what is fine-tuned, but more gently, unless the recipe says how', () => {
    expect(transferOf([], 'p-cnn').config).toMatchObject({ encoder: { kind: 'p-cnn' }, batch: 32, optimizer: { kind: 'adamw', learningRate: 5e-5 } })
    expect(transferOf([{ path: 'stages.transfer.fineTune.optimizer.learningRate', value: '0.01' }], 'p-cnn').config.optimizer).toMatchObject({ learningRate: 0.01 })
    const own = transferOf([{ path: 'stages.transfer.fineTune.steps', value: '90' }, { path: 'stages.transfer.fineTune.batch', value: '16' }, { path: 'stages.transfer.pCnn.steps', value: '30' }], 'p-cnn').config
    expect(own).toMatchObject({ steps: 30, batch: 16, optimizer: { learningRate: 5e-5 } })
    const both = { path: 'methods', value: '[p-cnn, scratch]' }
    expect(transferOf([both, { path: 'stages.transfer.pCnn.steps', value: '30' }], 'scratch').key).toBe(transferOf([both], 'scratch').key)
    expect(transferOf([], 'p-cnn').usesAllCores).toBe(true)
  })

  it('is contaminated only by the teacher that it chooses, which the plan does not know', () => {
    expect(expand(asked).cells.find(({ method }) => method === 'p-cnn')!.marks).toEqual([])
  })
})

describe('verification after identity training', () => {
  const people = { ...datasets[0]!, tasks: { ...datasets[0]!.tasks, identity: { kind: 'classification' as const, label: 'identity', classes: ['a', 'b'], protocol: 'split' as const } } }
  const after = (value = '{ data: utk, task: identity, faces: 1000 }'): Setting[] => [{ path: 'knowledge.1.after', value }, { path: 'methods', value: '[pca, student, scratch, p-cnn]' }]
  const data = [people, datasets[1]!]
  const cellsOf = (settings: Setting[]) => expand(settings, { data }).cells.filter(({ knowledge }) => knowledge === 'Identity-LFW')

  it('fills the cells of methods that train a network, in parentheses; others stay as they are', () => {
    const cells = cellsOf(after())
    expect(cells.filter(({ marks }) => marks.includes('after-identity')).map(({ method }) => method)).toEqual(['scratch', 'scratch', 'scratch', 'p-cnn', 'p-cnn', 'p-cnn'])
    expect(cells.every(({ key }) => key !== null)).toBe(true)
    const without = cellsOf([{ path: 'methods', value: '[pca, student]' }])
    expect(cells.filter(({ method }) => method === 'pca' || method === 'student').map(({ key }) => key)).toEqual(without.map(({ key }) => key))
  })

  it('reads the faces of both data sets, and is another with other faces; each seed has a run of its own', () => {
    const stepsOf = (settings: Setting[], method: string) => {
      const { cells, steps } = expand(settings, { data })
      const keys = cells.filter(cell => cell.knowledge === 'Identity-LFW' && cell.method === method).map(({ key }) => key)
      return keys.map(key => steps.find(step => step.key === key)!)
    }
    const [scratch, ...more] = stepsOf(after(), 'scratch')
    expect(scratch!.inputs.sources.map(({ name }) => name)).toEqual(['lfw', 'utk'])
    expect(scratch!.config.after).toEqual({ task: 'identity', faces: 1000 })
    expect(new Set([scratch!.key, ...more.map(({ key }) => key)]).size).toBe(3)
    expect(stepsOf(after('{ data: utk, task: identity }'), 'scratch')[0]!.key).not.toBe(scratch!.key)
    // the teachers of which a p-cnn takes one are told apart by the same training
    const [pcnn] = stepsOf(after(), 'p-cnn')
    expect(pcnn!.inputs.candidates).toHaveLength(2)
  })

  it('is refused where it is no verification, or learns no identities', () => {
    expect(() => cellsOf([{ path: 'knowledge.0.after', value: '{ data: utk, task: identity }' }])).toThrow('after is for verification')
    expect(() => cellsOf(after('{ data: utk, task: identiti }'))).toThrow('no classification "identiti"')
    expect(() => cellsOf(after('{ data: vgg, task: identity }'))).toThrow('"vgg" is no data set of this recipe')
  })
})
