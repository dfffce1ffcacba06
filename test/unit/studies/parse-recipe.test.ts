import { describe, expect, it } from 'vitest'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { FacetError } from '#shared/errors.ts'

const good = `study: small
variables: { data: null }
data:
  utk: { format: utkface, path: "\${data}/utkface" }
unlabelled: [utk]
teachers: [faceres, dlib]
stages:
  combine: [{ kind: pca }, { kind: ae, epochs: 10 }]
  distil: { target: ae, steps: 20 }
knowledge:
  - { name: Gender-UTK, data: utk, task: gender }
methods: ["teacher:*", concat, pca, ae, student, { name: scratch, seeds: [0] }]
seeds: [0, 1]
`
function parse(text: string, settings = [
  { path: 'data', value: '/photos' },
]) {
  return parseRecipe(text, { file: 'small.yaml', folder: '/recipes', settings })
}

/** What a person would read, as one text. */
function refusal(text: string, settings?: { path: string, value: string }[]): string {
  try {
    parse(text, settings)
  }
  catch (error) {
    if (error instanceof FacetError)
      return `${error.where}: ${error.message} ${error.hint ?? ''}`
    throw error
  }
  throw new Error('the recipe was accepted')
}

describe('a recipe', () => {
  it('is read with its variables, methods and seeds', () => {
    const { recipe, combiners, methods } = parse(good)
    expect(recipe.data.utk!.path).toBe('/photos/utkface')
    expect(combiners.map(one => one.name)).toEqual(['pca', 'ae'])
    expect(methods.map(one => [one.method.name, one.seeds])).toEqual([
      [
        'teacher:faceres',
        [0, 1],
      ],
      [
        'teacher:dlib',
        [0, 1],
      ],
      [
        'concat',
        [0, 1],
      ],
      [
        'pca',
        [0, 1],
      ],
      [
        'ae',
        [0, 1],
      ],
      [
        'student',
        [0, 1],
      ],
      [
        'scratch',
        [0],
      ],
    ])
  })

  it('takes settings at any path, lists included', () => {
    const { recipe } = parse(good, [
      { path: 'data', value: '/photos' },
      { path: 'stages.combine.1.epochs', value: '7' },
      { path: 'teachers', value: '[dlib]' },
    ])
    expect(recipe.stages.combine[1]!.epochs).toBe(7)
    expect(recipe.teachers).toEqual(['dlib'])
  })

  it('reads paths relative to its own folder', () => {
    expect(parse(good.replace('"${data}/utkface"', '../faces')).recipe.data.utk!.path).toBe('/faces')
  })

  it.each([
    [
      'epochs: 10',
      'epoch: 10',
      'small.yaml line 8',
      'no field "epoch"',
      'Did you mean "epochs"?',
    ],
    [
      'kind: ae',
      'kind: aee',
      'small.yaml line 8',
      'is "aee"',
      'Did you mean "ae"? It must be one of: concat, pca, ae',
    ],
    [
      'epochs: 10',
      'epochs: 0',
      'small.yaml line 8',
      'stages.combine.1.epochs is 0',
      'at least 1',
    ],
    [
      'epochs: 10',
      'size: 0',
      'small.yaml line 8',
      'stages.combine.1.size is 0',
      'must be "mean" or a whole number of at least 1',
    ],
    [
      'kind: pca',
      'kind: pca, epochs: 3',
      'small.yaml line 8',
      'stages.combine.0.epochs is 3',
      'must be left out: pca reads size, normalise alone',
    ],
    [
      'combine: [{ kind: pca }, { kind: ae, epochs: 10 }]',
      'combine: { kind: ae, epochs: 0 }',
      'small.yaml line 8',
      'stages.combine.epochs is 0',
      'at least 1',
    ],
    [
      'steps: 20',
      'steps: soon',
      'small.yaml line 9',
      'stages.distil.steps is "soon"',
      'a number',
    ],
    [
      'target: ae',
      'target: vae',
      'small.yaml line 9',
      '"vae" is no combiner',
      'pca, ae',
    ],
    [
      'unlabelled: [utk]',
      'unlabelled: [utkk]',
      'small.yaml line 5',
      '"utkk" is no data set',
      'Did you mean "utk"?',
    ],
    [
      'student, {',
      'studnt, {',
      'small.yaml line 12',
      'no method "studnt"',
      'Did you mean "student"?',
    ],
    [
      'teachers: [faceres, dlib]',
      'teachers: [dlib, dlib]',
      'small.yaml line 6',
      'teacher "dlib" is there twice',
      '',
    ],
    [
      '${data}',
      '${date}',
      'small.yaml line 4',
      '${date} is no variable',
      'Did you mean "data"?',
    ],
    [
      'study: small',
      'study: small\nsedes: [1]',
      'small.yaml line 2',
      'no field "sedes"',
      'Did you mean "seeds"?',
    ],
    [
      'study: small\n',
      '',
      'small.yaml',
      'study is missing',
      'text',
    ],
  ])('with %j turned into %j is refused at its line', (from, to, where, what, hint) => {
    const text = refusal(good.replace(from, to))
    expect(text).toContain(`${where}: `)
    expect(text).toContain(what)
    expect(text).toContain(hint)
  })

  it('names a wrong source once, at its own line, whatever share of labels it or another knowledge is a grid of', () => {
    const knowledge = /^knowledge:\n(?: .*\n)+/m
    const text = refusal(good.replace(knowledge, `knowledge:
  - { name: First, data: utk, task: gender, labels: [0.1, 1] }
  - { name: Second, data: utk, task: gender, labels: [0.1, 1], source: dlibb }
`))
    expect(text.match(/"dlibb" is no teacher/g)).toHaveLength(1)
    expect(text).toContain('knowledge.1.source')
  })

  it('without a value for its variable says how to give one', () => {
    expect(refusal(good, [])).toContain('--set data=VALUE')
  })

  it('that is no YAML is refused with line and column', () => {
    expect(refusal('study: [a\nb: c')).toMatch(/small\.yaml line \d, column \d+: The YAML cannot be read/)
  })

  it('cannot be used to reach a prototype', () => {
    expect(() => parse(good, [
      { path: '__proto__.polluted', value: '1' },
    ])).toThrow('not a path into a recipe')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('with an alias bomb is refused', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]\n`
    expect(() => parse(bomb)).toThrow(/alias/i)
  })

  it.each([
    ['{ target: ae, teacherDropping: 0.3 }', 'mt', 'small.yaml line 9: stages.distil has no field "teacherDropping". It belongs under multiTask.'],
    ['{ target: ae, multiTask: { teacherDropping: 0.3 } }', 'student', 'small.yaml line 9: stages.distil.multiTask is set, but no method of this recipe trains the multi-task student. Name mt or mt-finetuned'],
    ['{ target: multi-task }', 'mt', 'small.yaml line 9: stages.distil.target: the multi-task student has no combiner as its target. Leave target out'],
    ['{ multiTask: { balance: fair } }', 'mt', 'small.yaml line 9: stages.distil.multiTask.balance is "fair". It must be one of: none, teacher, uncertainty.'],
    ['{ multiTask: { size: 0 } }', 'mt', 'stages.distil.multiTask.size is 0. It must be "mean" or a whole number of at least 1.'],
  ])('says where an option of the multi-task student belongs, and who reads it: %s with %s', (entry, method, words) => {
    expect(refusal(good.replace('{ target: ae, steps: 20 }', entry).replace('student', method))).toContain(words)
  })

  it('takes options of the multi-task student beside a method that trains it', () => {
    const { recipe, methods } = parse(good.replace('{ target: ae, steps: 20 }', '{ multiTask: { teacherDropping: 0.3 } }').replace('student', 'mt-finetuned'))
    expect(recipe.stages.distil).toEqual({ multiTask: { teacherDropping: 0.3 } })
    expect(methods.map(({ method }) => method).find(({ name }) => name === 'mt-finetuned')).toMatchObject({ family: 'multi-task', trainsPixels: true })
  })
})
