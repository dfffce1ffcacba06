import type { TableNetwork } from '#main/tables/input.ts'
import type { Table } from '#shared/table.ts'
import { expect, it } from 'vitest'
import { writeTable } from '#main/tables/formats/index.ts'
import { buildTable } from '#main/tables/table.ts'
import { Table as TableSchema } from '#shared/table.ts'
import { studyInput } from './fixture.ts'

const cost = (parameters: number | null, multiplyAdds: number | null, bytes: number, milliseconds: number) => ({ parameters, multiplyAdds, bytes, milliseconds, batch: 16, processor: 'a CPU, 2 cores' })
const networks: TableNetwork[] = [
  { role: 'teacher', name: 'dlib', problem: null, cost: cost(5_600_000, 100_000_000, 22_400_000, 5) },
  { role: 'teacher', name: 'age-gender', problem: null, cost: cost(400_000, 300_000_000, 1_600_000, 3) },
  { role: 'combiner', name: 'ae', problem: null, cost: cost(2_000_000, 1_990_000, 8_000_000, 0.5) },
  { role: 'student', name: 'student', problem: null, cost: cost(2_216_023, 50_000_000, 8_900_000, 1.7) },
]
const hour = 3_600_000
const run = (stage: 'combine' | 'distil' | 'transfer', durationMs: number, needs: string[] = []) => ({ stage, durationMs, needs })
const input = studyInput({
  methods: ['student', 'bct'],
  seeds: () => [0],
  networks,
  networkRuns: { combine: [{ seed: 0, key: 'g' }], distil: [{ seed: 0, key: 's' }] },
  cells: [{ knowledge: 'Gender-UTK', method: 'student', seed: 0, key: 't' }, { knowledge: 'Gender-UTK', method: 'bct', seed: 0, key: 'b' }],
  runs: new Map([['g', run('combine', 2 * hour)], ['s', run('distil', 5 * hour, ['g'])], ['t', run('transfer', hour, ['s'])], ['b', run('transfer', 24 * hour)]]),
})
const cell = (table: Table, row: string, column: string) => table.rows.find(({ knowledge }) => knowledge === row)!.cells[column]!

it('adds up teachers and G, and says how many times less the student takes, beside what the paper says', () => {
  const table = buildTable('cost', input)
  expect(TableSchema.parse(structuredClone(table))).toEqual(table)
  expect(table.columns).toEqual(['teacher:dlib', 'teacher:age-gender', 'teachers', 'combiner', 'fused', 'student', 'bct', 'ratio'])
  expect(cell(table, 'Parameters', 'teachers')).toMatchObject({ mean: 6, reference: 106, note: 'counted from the weights; the sum of its parts' })
  expect(cell(table, 'Parameters', 'fused').mean).toBeCloseTo(8, 12)
  expect(cell(table, 'Parameters', 'student')).toMatchObject({ mean: 2.216023, reference: 2.2 })
  expect(cell(table, 'Parameters', 'ratio').mean).toBeCloseTo(8 / 2.216023, 12)
  expect(cell(table, 'Parameters', 'ratio').referenceText).toBe('59 (it prints 75)')
  // 2 * (100 + 300 + 1.99) million
  expect(cell(table, 'Operations per face', 'fused').mean).toBeCloseTo(803.98, 10)
  expect(cell(table, 'Time per face', 'fused')).toMatchObject({ mean: 8.5, note: expect.stringContaining('a CPU, 2 cores, 16 faces at once') })
  expect(cell(table, 'Time per face', 'ratio').mean).toBe(5)
  expect(cell(table, 'Size', 'teacher:dlib').mean).toBe(22.4)
})

it('takes the hours from the runs, and sets BCT against all that the student needs', () => {
  const table = buildTable('cost', input)
  expect(cell(table, 'Training on unlabelled faces', 'combiner')).toMatchObject({ mean: 2, keys: ['g'] })
  expect(cell(table, 'Training on unlabelled faces', 'student').mean).toBe(5)
  expect(cell(table, 'Training on unlabelled faces', 'teachers').text).toBe('came trained')
  expect(cell(table, 'All training, all knowledge', 'student').mean).toBe(8) // 2 + 5 + 1
  expect(cell(table, 'All training, all knowledge', 'bct').mean).toBe(24)
  expect(cell(table, 'All training, all knowledge', 'ratio')).toMatchObject({ mean: 3, reference: 4, referenceSource: 'Section 4.6' })
})

it('says what measures a network that was not, and why one cannot be', () => {
  const table = buildTable('cost', { ...input, networks: networks.map((network, i) => i === 0 ? { ...network, cost: null } : i === 3 ? { ...network, cost: null, problem: 'no run of the student is done' } : network) })
  expect(cell(table, 'Parameters', 'teachers')).toMatchObject({ mean: null, missing: { reason: 'not measured yet', command: 'npm run facet -- table cost --measure' } })
  expect(cell(table, 'Parameters', 'teacher:age-gender').mean).toBe(0.4)
  expect(cell(table, 'Size', 'student').missing).toEqual({ reason: 'no run of the student is done', command: null })
  expect(cell(table, 'Size', 'ratio').missing).toEqual({ reason: 'one of both is missing', command: null })
  const uncounted = buildTable('cost', { ...input, networks: networks.map((network, i) => i === 0 ? { ...network, cost: cost(null, null, 1, 1) } : network) })
  expect(cell(uncounted, 'Operations per face', 'fused').missing!.reason).toContain('not counted')
})

it('is written in every format, with where each figure comes from', () => {
  const table = buildTable('cost', input)
  expect(writeTable(table, 'md')).toContain('| Parameters | M ↓ | 5.60 |')
  expect(writeTable(table, 'latex')).toContain('MFLOP = 2 * MAC / 10\\textasciicircum{}6')
  expect(writeTable(table, 'csv')).toContain('counted from the graph')
  expect(writeTable(table, 'text', { width: 160 })).toContain('times less')
})
