import type { Setting } from '#main/studies/parse-recipe.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { packageRoot } from '#main/node-binary.ts'
import { withAbsolutePaths } from '#main/studies/own-text.ts'
import { checkRecipe } from '#main/studies/parse-recipe.ts'
import { readRecipe, removeField, setField } from '#shared/recipe-edit/edit-text.ts'
import { changedText, nastyText } from '../inputs.ts'
import { declareTarget, refused } from '../target.ts'

const small = `study: small
variables: { data: /photographs }
data:
  faces: &faces { format: synthetic, count: 20 }
  more: { format: folders, path: "\${data}/more" }
  again: *faces
unlabelled: [faces]
teachers: [faceres]
stages:
  combine: [{ kind: pca, size: 8 }, { name: own, kind: ae, epochs: 2 }]
  distil: { target: own, steps: 10 }
knowledge:
  - { name: Age, data: faces, task: age, folds: { frozen: 2 } }
methods: ["teacher:*", own, student]
seeds: [0, 1]
`
const samples = [small, small, readFileSync(join(packageRoot, 'resources/recipes/demo.yaml'), 'utf8')]
/** One anchor that holds ten of the one before it: 10^8 words of some hundred characters. */
const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array.from({ length: 10 }).fill(`*${'abcdefghi'[i]}`).join(',')}]`)].join('\n')
const tokens = [
  '&a ',
  '*a',
  '&faces ',
  '*faces',
  '<<: *faces\n',
  '<<: ',
  '!!js/function ',
  '!!binary ',
  '!!python/object:os.system ',
  '? ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  ': ',
  '\n',
  '\n  ',
  '\t',
  '|\n',
  '>-\n',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '"',
  '\'',
  '# ',
  '~',
  '0x1F',
  '.inf',
  '.nan',
  '1e400',
  '-1',
  '2024-01-01',
  '__proto__: { polluted: yes }\n',
  '"__proto__": ',
  'constructor: { prototype: { polluted: yes } }\n',
  'study: other\n',
  '${data}',
  '${__proto__}',
  bomb,
  `b: ${'['.repeat(20_000)}\n`,
  `c: ${'{a: '.repeat(3000)}1${'}'.repeat(3000)}\n`,
]
const text = changedText(samples, tokens)

export const recipes = declareTarget({
  name: 'recipe (YAML)',
  input: fc.record({
    text,
    settings: fc.oneof({ weight: 3, arbitrary: fc.constant<Setting[]>([]) }, fc.array(fc.record({ path: fc.oneof(fc.constantFrom('data', 'stages.combine.0.epochs', 'seeds', '__proto__.x', 'study.x.y', 'stages.distil.constructor.prototype.x'), nastyText), value: fc.oneof(fc.constantFrom('1', '[', '&a [*a]', '{__proto__: {x: 1}}', '!!js/x 1', 'a: b: c'), nastyText) }), { maxLength: 2 })),
  }),
  read: ({ text, settings }) => {
    const { issues, checked } = checkRecipe(text, { file: 'study.yaml', folder: '/nowhere', settings })
    if ((checked === null) !== (issues.length > 0))
      throw new Error('internal: neither read nor refused')
    return checked ?? refused
  },
})

export const recipeEdits = declareTarget({
  name: 'recipe editing',
  input: fc.record({
    text,
    path: fc.constantFrom(['study'], ['seeds'], ['stages', 'combine', 0, 'size'], ['data', 'faces', 'count'], ['data', 'more', 'path'], ['stages', 'distil'], ['__proto__', 'x'], ['constructor', 'prototype', 'x']),
    value: fc.oneof(nastyText, fc.integer(), fc.constantFrom([1, 2], { kind: 'pca' })),
  }),
  read: ({ text, path, value }) => [readRecipe(text), withAbsolutePaths(text, '/nowhere'), setField(text, path, value), removeField(text, path)],
})
