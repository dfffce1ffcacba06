import type { MissingReason, TableCell, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { TableInput } from './input.ts'
import type { TableBuilder } from './table.ts'
import { cellOf, withBest } from './cells.ts'
import { readPaperTables, reconstructionReference } from './paper.ts'

const still = 'it does not move over the faces that it was measured on'
const unmeasured = 'The study has no combiner that loses something among its methods, or was last run before it could be measured: run it again.'

/** Columns that no recipe can name: answers that take no look at the face. */
const baselines = [
  { column: 'baseline:random', title: 'random face', of: 'random' },
  { column: 'baseline:mean', title: 'mean face', of: 'mean' },
] as const

/** Columns that have no decoder of their own. */
const students = ['mt', 'student']

type Pick = (values: Record<string, number>) => number | undefined

function average(values: Record<string, number>): number | undefined {
  const numbers = Object.values(values)
  return numbers.length > 0
    ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length
    : undefined
}

/** Why there is no figure, or one of fewer seeds than the study asks for. */
function missingOf(method: string, have: number, { missingReconstructions, reconstructions, runCommand }: TableInput): MissingReason | null {
  const missing = missingReconstructions.filter(entry => entry.method === method)
  const [told] = missing
  if (have === 0 && reconstructions.some(source => source.method === method))
    return { reason: still, command: null }
  if (have === 0)
    return { reason: told?.reason ?? 'not computed yet', command: told ? told.command : runCommand }
  return told
    ? { reason: `${have} of ${have + missing.length} seeds are done (${told.reason})`, command: told.command }
    : null
}

function cell(method: string, knowledge: string, pick: Pick, input: TableInput): TableCell {
  const values = input.reconstructions
    .filter(source => source.method === method)
    .flatMap(({ seed, key, values }): SeedValue[] => {
      const value = pick(values)
      return value === undefined
        ? []
        : [
            { seed, key, value },
          ]
    })
  return cellOf(values, {
    reference: reconstructionReference(readPaperTables(), knowledge, method),
    missing: missingOf(method, new Set(values.map(({ key }) => key)).size, input),
  })
}

function baselineCells(pick: Pick, { baselines: measured }: TableInput): Record<string, TableCell> {
  if (!measured)
    return {}
  return Object.fromEntries(baselines.map(({ column, of }) => {
    const value = pick(measured[of])
    const seeds = value === undefined ? [] : [{ seed: 0, key: measured.key, value }]
    return [column, cellOf(seeds, { reference: null, missing: value === undefined ? { reason: still, command: null } : null })]
  }))
}

function rowOf(name: string, knowledge: string, pick: Pick, input: TableInput): TableRow {
  const row = withBest({
    knowledge: name,
    metric: 'nrmse',
    unit: '',
    better: 'lower',
    scope: null,
    cells: Object.fromEntries(input.reconstructed.map(method => [
      method,
      cell(method, knowledge, pick, input),
    ])),
  })
  return { ...row, cells: { ...baselineCells(pick, input), ...row.cells } }
}

/** nRMSE of each teacher's embedding, rebuilt from the fused one, on faces that nothing learnt from. Vielzeuf et al. 2019, Table 5. */
export const reconstruction: TableBuilder = {
  name: 'reconstruction',
  title: 'Reconstruction of the embeddings (nRMSE)',
  paper: 'Table 5',
  build(input) {
    if (input.reconstructed.length === 0)
      return { rowTitle: 'embedding', columns: [], columnTitles: {}, rows: [], legend: [unmeasured] }
    const shown = input.baselines ? baselines : []
    const anew = input.reconstructed.filter(method => students.includes(method))
    return {
      rowTitle: 'embedding',
      columns: [...shown.map(({ column }) => column), ...input.reconstructed],
      columnTitles: Object.fromEntries([...shown.map(({ column, title }) => [column, title]), ...input.reconstructed.map(method => [method, method])]),
      rows: [
        ...input.teachers.map(({ name, knowledge }) => rowOf(name, knowledge, values => values[name], input)),
        rowOf('average', 'Average', average, input),
      ],
      legend: [
        'nRMSE = RMSE / standard deviation of that embedding, on faces that nothing learnt from; a constant answer has 1.',
        ...shown.length > 0
          ? ['random face, mean face: measured answers that take no look at the face, another one\'s embedding drawn at random (of independent faces the square root of 2) and the mean of those learnt from.']
          : [],
        ...anew.length > 0 ? [`${anew.join(', ')}: through a decoder trained anew on its output.`] : [],
        'The paper\'s figures are for its own six teachers, matched here by kind of knowledge.',
      ],
    }
  },
  runs: (_row, column, { reconstructions }) => reconstructions.filter(({ method }) => method === column),
}
