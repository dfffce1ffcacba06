import type { FieldPath } from '#shared/recipe-edit/places.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readRecipe, removeField, setField, valueAt } from '#shared/recipe-edit/edit-text.ts'

const recipe = `# What this study is for
study: small # its name

data:
  utk: { format: utkface, path: "photos/utk" } # twenty thousand faces
unlabelled: [utk]
teachers: [faceres, dlib] # 1024 + 128
stages:
  # fused first
  combine:
    - { kind: pca }
    - kind: ae   # the paper's
      epochs: 40

  distil:
    target: ae
    steps: 500 # short

    # the end of distil
  transfer: { epochs: 40, fineTune: { steps: 200 } }
knowledge:
  - { name: Gender-UTK, data: utk, task: gender }
methods:
  - "teacher:*" # each alone
  - concat # the paper's
  - ae
seeds: [0]
# the last word
`

function commentsOf(text: string): string[] {
  return (text.match(/#.*$/gm) ?? []).sort()
}

describe('a value set through the form', () => {
  it('changes its own characters alone', () => {
    expect(setField(recipe, ['stages', 'distil', 'steps'], 800)).toBe(recipe.replace('steps: 500', 'steps: 800'))
    expect(setField(recipe, ['stages', 'combine', 1, 'epochs'], 41)).toBe(recipe.replace('epochs: 40\n\n', 'epochs: 41\n\n'))
    expect(setField(recipe, ['data', 'utk', 'path'], 'other place')).toBe(recipe.replace('"photos/utk"', '"other place"'))
    expect(setField(recipe, ['seeds'], [0, 1, 2])).toBe(recipe.replace('seeds: [0]', 'seeds: [0, 1, 2]'))
  })

  it('that is new stands at the end of its group, in the group\'s own style', () => {
    expect(setField(recipe, ['stages', 'distil', 'width'], 32)).toBe(recipe.replace('steps: 500 # short\n', 'steps: 500 # short\n    width: 32\n'))
    expect(setField(recipe, ['stages', 'transfer', 'patience'], 3)).toBe(recipe.replace('fineTune: { steps: 200 } }', 'fineTune: { steps: 200 }, patience: 3 }'))
    expect(setField(recipe, ['stages', 'distil', 'optimizer', 'learningRate'], 0.0005)).toContain('    optimizer: { learningRate: 0.0005 }\n')
    expect(setField(recipe, ['tables'], ['target'])).toContain('seeds: [0]\ntables: [target]\n# the last word')
  })

  it('that is taken back leaves the text as it was', () => {
    for (const [path, value] of [[['stages', 'prepare', 'size'], 200], [['stages', 'distil', 'optimizer', 'kind'], 'sgd'], [['stages', 'transfer', 'head', 'dropout'], 0.1], [['tables'], ['faces']]] as [FieldPath, unknown][])
      expect(removeField(setField(recipe, path, value), path)).toBe(recipe)
  })

  it('into a list keeps the lines of the entries that stay, with their comments', () => {
    expect(setField(recipe, ['methods'], ['teacher:*', 'concat', 'ae', 'student'])).toBe(recipe.replace('  - ae\nseeds', '  - ae\n  - student\nseeds'))
    expect(setField(recipe, ['methods'], ['teacher:*', 'ae'])).toBe(recipe.replace('  - concat # the paper\'s\n', ''))
    expect(setField(recipe, ['teachers'], ['dlib'])).toBe(recipe.replace('[faceres, dlib]', '[dlib]'))
    expect(setField(recipe, ['stages', 'combine'], [{ kind: 'pca' }, { kind: 'ae', epochs: 40 }, { name: 'ae-64', kind: 'ae', size: 64 }]))
      .toBe(recipe.replace('      epochs: 40\n\n', '      epochs: 40\n    - { name: ae-64, kind: ae, size: 64 }\n\n'))
  })

  it('goes into an empty text, an empty group and a value that is not there yet', () => {
    expect(setField('', ['study'], 'new')).toBe('study: new\n')
    expect(setField('stages: {}\n', ['stages', 'distil', 'steps'], 5)).toBe('stages: { distil: { steps: 5 } }\n')
    expect(setField('variables:\nstudy: x\n', ['variables', 'data'], '/photos')).toBe('variables: { data: /photos }\nstudy: x\n')
    expect(setField('variables: { data: null }\n', ['variables', 'data'], '/photos')).toBe('variables: { data: /photos }\n')
  })

  it('is quoted where YAML would read something else', () => {
    for (const word of ['null', 'true', '1e3', 'a, b', '{x}', 'a: b', '# no comment', '', ' x ', '*', '"', 'é\nü'])
      expect(valueAt(parse(setField(recipe, ['study'], word)), ['study'])).toBe(word)
  })
})

describe('a value that an anchor shares', () => {
  const shared = 'study: a\nx: &both { steps: 5, batch: 2 }\ny: *both # the same\n'
  it('is written out where it is changed through its alias', () => {
    const text = setField(shared, ['y', 'steps'], 6)
    expect(readRecipe(text)).toEqual({ study: 'a', x: { steps: 5, batch: 2 }, y: { steps: 6, batch: 2 } })
    expect(text).toContain('x: &both { steps: 5, batch: 2 }')
    expect(text).toContain('# the same')
  })
  it('is refused where the anchor itself would go', () => {
    expect(() => setField(shared, ['x', 'steps'], 6)).toThrow(/anchor/)
  })
})

it('a text that is no YAML is refused', () => {
  expect(() => setField('a: [1', ['a'], 2)).toThrow(/cannot be read/)
})

const name = fc.stringMatching(/^[a-z][a-zA-Z]{0,8}$/).filter(word => !['null', 'true', 'false', 'y', 'n'].includes(word))
const scalar = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ min: 1e-9, max: 1e9, noNaN: true }), fc.boolean(), fc.string({ maxLength: 12 }))
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.dictionary(name, scalar, { minKeys: 1, maxKeys: 3, noNullPrototype: true }))
const path = fc.oneof(
  fc.constantFrom<FieldPath>(['study'], ['seeds'], ['methods'], ['teachers'], ['stages', 'combine'], ['stages', 'distil', 'steps'], ['stages', 'transfer'], ['data', 'utk', 'path']),
  fc.tuple(fc.constant('stages'), fc.constantFrom('prepare', 'embed', 'distil', 'transfer'), name),
  fc.tuple(fc.constant('stages'), fc.constant('distil'), fc.constantFrom('optimizer', 'schedule'), name),
  fc.tuple(fc.constant('stages'), fc.constant('combine'), fc.integer({ min: 0, max: 1 }), name),
  fc.tuple(name),
)

describe('for any field and value', () => {
  it('what was set is read back, and nothing else has changed', () => {
    fc.assert(fc.property(path, value, (at, wanted) => {
      const text = setField(recipe, at, wanted)
      const data = readRecipe(text)
      expect(valueAt(data, at)).toEqual(wanted)
      expect(readRecipe(setField(text, at, 'other'))).toEqual(readRecipe(setField(recipe, at, 'other')))
    }), { numRuns: 150 })
  })

  it('a value in the place of a value keeps every comment', () => {
    fc.assert(fc.property(path, scalar.filter(one => typeof one !== 'string' || !one.includes('#')), (at, wanted) => {
      const old = valueAt(readRecipe(recipe), at)
      fc.pre(old === undefined || typeof old !== 'object')
      expect(commentsOf(setField(recipe, at, wanted))).toEqual(commentsOf(recipe))
    }), { numRuns: 150 })
  })

  it('fields that this version does not know stay as they are', () => {
    fc.assert(fc.property(name.filter(word => !/^(?:study|data|seeds|stages|methods|teachers|knowledge|unlabelled)$/.test(word)), value, path, value, (unknown, content, at, wanted) => {
      fc.pre(at[0] !== unknown)
      const before = setField(recipe, [unknown], content)
      expect(valueAt(readRecipe(setField(before, at, wanted)), [unknown])).toEqual(content)
    }), { numRuns: 120 })
  })

  it('what was set and removed is as if it had never been there', () => {
    fc.assert(fc.property(path, value, (at, wanted) => {
      fc.pre(valueAt(readRecipe(recipe), at) === undefined)
      expect(readRecipe(removeField(setField(recipe, at, wanted), at))).toEqual(readRecipe(recipe))
    }), { numRuns: 120 })
  })

  it('many edits after each other are the same as the same edits of plain data', () => {
    fc.assert(fc.property(fc.array(fc.tuple(path, value), { maxLength: 6 }), (edits) => {
      let text = recipe
      for (const [at, wanted] of edits.filter(([one]) => one[2] !== 1)) {
        text = setField(text, at, wanted)
        expect(valueAt(readRecipe(text), at)).toEqual(wanted)
      }
    }), { numRuns: 80 })
  })
})
