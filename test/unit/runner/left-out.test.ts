import { expect, it } from 'vitest'
import { whyLeftOut } from '#main/runner/left-out.ts'
import { stages } from '#shared/stages/index.ts'

it('a repetition that was left is told apart from what no study refers to', () => {
  const run = { key: 'a'.repeat(64), stage: 'combine' as const, version: stages.combine.version }
  expect(whyLeftOut({ ...run, inputs: JSON.stringify({ repeats: 'b'.repeat(64) }) }, new Set())).toBe('it repeats another run; facet reproduce bbbbbbbbbbbb goes on with it')
  expect(whyLeftOut({ ...run, inputs: '{}' }, new Set())).toMatch(/^no study refers to it any more/)
  expect(whyLeftOut({ ...run, inputs: '{}' }, new Set([run.key]))).toBe(null)
})
