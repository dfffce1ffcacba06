import { expect, it } from 'vitest'
import { defaultConfig, differencesOf } from '#main/studies/difference.ts'
import { distil } from '#shared/stages/distil.ts'
import { transfer } from '#shared/stages/transfer.ts'

it('the defaults of a stage are those of its schema, and only what has none comes from the run', () => {
  expect(defaultConfig('distil', distil.config.parse({ steps: 9 }))).toEqual(distil.config.parse({}))
  const encoder = { kind: 'teacher', name: 'faceres' }
  const config = transfer.config.parse({ task: 'age', encoder, batch: 7 })
  expect(defaultConfig('transfer', config)).toEqual(transfer.config.parse({ task: 'age', encoder }))
})

it('what is trained as a whole is compared with the defaults of fine-tuning', () => {
  const config = transfer.config.parse({ task: 'age', encoder: { kind: 'student', mode: 'fine-tune' } })
  expect(defaultConfig('transfer', config)).toMatchObject({ batch: 32, steps: 1200, schedule: { kind: 'cosine', warmup: 50 } })
})

it('differences name a field that only one side has', () => {
  expect(differencesOf(new Map([['a', '1'], ['b', '2']]), new Map([['a', '1'], ['c', '3']]))).toEqual([
    { path: 'b', own: '2', other: null },
    { path: 'c', own: null, other: '3' },
  ])
})
