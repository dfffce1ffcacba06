import type { NetworkCost } from '#shared/model-costs.ts'
import type { MissingReason, TableCell, TableRow } from '#shared/table.ts'
import type { SeedValue } from './cells.ts'
import type { TableInput } from './input.ts'
import type { TableBuilder } from './table.ts'
import { cellOf, textCell } from './cells.ts'
import { time, timeUnit } from './time.ts'

type Group = 'teachers' | 'combiner' | 'fused' | 'student'
interface Quantity { title: string, unit: string, of: (cost: NetworkCost) => number | null, note: (cost: NetworkCost) => string }

const quantities: Quantity[] = [
  { title: 'Parameters', unit: 'M', of: ({ parameters }) => parameters === null ? null : parameters / 1e6, note: () => 'counted from the weights' },
  { title: 'Operations per face', unit: 'MFLOP', of: ({ multiplyAdds }) => multiplyAdds === null ? null : 2 * multiplyAdds / 1e6, note: () => 'counted from the graph' },
  { title: 'Time per face', unit: 'ms', of: ({ milliseconds }) => milliseconds, note: ({ processor, batch }) => `measured on ${processor}, ${batch} faces at once` },
  { title: 'Size', unit: 'MB', of: ({ bytes }) => bytes / 1e6, note: () => 'of the weights as they lie on the disk' },
]

/** What the paper says of its own networks (Sections 4.1 to 4.5), in millions of parameters: 5488 x 3136 x 1792 x 1024 with biases is 24.67. */
const paperParameters: Partial<Record<Group | 'ratio', { value: number, text: string }>> = {
  teachers: { value: 106, text: '106' },
  combiner: { value: 24.7, text: '24.7' },
  fused: { value: 130.7, text: '130.7' },
  student: { value: 2.2, text: '2.2' },
  ratio: { value: 59, text: '59 (it prints 75)' },
}
/** "The total training time is divided by 4" against BCT (Section 4.6). */
const paperTime = { value: 4, text: '4', source: 'Section 4.6' }

const titles = { teachers: 'all teachers', combiner: 'G', fused: 'teachers + G', student: 'student', bct: 'BCT', ratio: 'times less' } as const

function referenceOf(quantity: Quantity, column: Group | 'ratio') {
  const paper = quantity.unit === 'M' ? paperParameters[column] : undefined
  return paper ? { ...paper, source: 'Section 4' } : null
}

/** A figure that no seed changes. */
function plainCell(value: number | null, { reference = null, missing, note }: { reference?: Parameters<typeof cellOf>[1]['reference'], missing: MissingReason | null, note?: string }): TableCell {
  const seeds: SeedValue[] = value === null ? [] : [{ seed: 0, key: '', value }]
  return { ...cellOf(seeds, { reference, missing: value === null ? missing : null }), keys: [], ...note !== undefined && value !== null && { note } }
}

function rowOf(quantity: Quantity, { networks, measureCommand }: TableInput): TableRow {
  const valueOf = (cost: NetworkCost | null): number | null => cost && quantity.of(cost)
  const missingOf = (some: typeof networks): MissingReason => {
    const [unable] = some.filter(({ problem }) => problem !== null)
    if (unable)
      return { reason: unable.problem!, command: null }
    return some.some(({ cost }) => cost === null)
      ? { reason: 'not measured yet', command: measureCommand }
      : { reason: 'a network whose graph is not ours is not counted', command: null }
  }
  const cellOfSome = (column: Group, some: typeof networks, parts = ''): TableCell => {
    const values = some.map(({ cost }) => valueOf(cost))
    const first = some.find(({ cost }) => cost)?.cost
    return plainCell(some.length > 0 && values.every(value => value !== null) ? values.reduce((sum, value) => sum + value, 0) : null, {
      reference: referenceOf(quantity, column),
      missing: missingOf(some),
      note: first ? `${quantity.note(first)}${parts}` : undefined,
    })
  }
  const teachers = networks.filter(({ role }) => role === 'teacher')
  const combiner = networks.filter(({ role }) => role === 'combiner')
  const student = networks.filter(({ role }) => role === 'student')
  const fused = cellOfSome('fused', [...teachers, ...combiner], '; the sum of its parts')
  const own = cellOfSome('student', student)
  return {
    knowledge: quantity.title,
    metric: 'quantity',
    unit: quantity.unit,
    better: 'lower',
    scope: null,
    cells: {
      ...Object.fromEntries(teachers.map(teacher => [`teacher:${teacher.name}`, { ...cellOfSome('teachers', [teacher]), reference: null, referenceText: null, referenceSource: null }])),
      teachers: cellOfSome('teachers', teachers, '; the sum of its parts'),
      combiner: cellOfSome('combiner', combiner),
      fused,
      student: own,
      bct: textCell('as all teachers'),
      ratio: ratioCell(fused, own, referenceOf(quantity, 'ratio')),
    },
  }
}

/** How many times less the second takes. */
function ratioCell({ mean: more }: TableCell, { mean: less }: TableCell, reference: Parameters<typeof cellOf>[1]['reference']): TableCell {
  return { ...plainCell(more !== null && less !== null && less > 0 ? more / less : null, { reference, missing: { reason: 'one of both is missing', command: null } }), measure: { metric: 'quantity', unit: 'times', better: 'higher' } }
}

/** How long each part was trained, by the runs' own times. */
function trainingRow(input: TableInput): TableRow {
  const durations = Object.values(input.networkRuns).flat().flatMap(({ key }) => input.runs.get(key)?.durationMs ?? [])
  const { unit, unitMs } = timeUnit(Math.max(0, ...durations))
  const timeOf = (stage: 'combine' | 'distil', kind: string): TableCell => {
    const values = input.networkRuns[stage].flatMap(({ seed, key }): SeedValue[] => {
      const durationMs = input.runs.get(key)?.durationMs ?? null
      return durationMs === null ? [] : [{ seed, key, value: durationMs / unitMs }]
    })
    return { ...cellOf(values, { reference: null, missing: values.length > 0 ? null : { reason: `no run of the ${kind} is done`, command: input.runCommand } }), ...values.length > 0 && { note: 'time of its runs' } }
  }
  const [combiner, student] = [timeOf('combine', 'combiner'), timeOf('distil', 'student')]
  const trained = textCell('came trained')
  return {
    knowledge: 'Training on unlabelled faces',
    metric: 'quantity',
    unit,
    better: 'lower',
    scope: null,
    cells: {
      ...Object.fromEntries(input.teachers.map(({ name }) => [`teacher:${name}`, trained])),
      teachers: trained,
      combiner,
      fused: { ...combiner, note: 'G alone: the teachers came trained' },
      student: { ...student, ...student.mean !== null && { note: 'the student alone, after G' } },
      bct: textCell('none'),
      ratio: textCell('none'),
    },
  }
}

/** All training for all knowledge: by the student (G and student included) and by trying every combination of teachers. */
function wholeRow(input: TableInput): TableRow {
  const table = time.build(input)
  const row = table.figure?.kind === 'time' ? table.rows.find(({ knowledge }) => table.figure?.kind === 'time' && knowledge === table.figure.whole) : undefined
  const cellFor = (...methods: string[]): TableCell => {
    const method = methods.find(name => input.methods.includes(name))
    const cell = method === undefined ? undefined : row?.cells[method]
    return cell
      ? { ...cell, best: false, note: `${method}, from the table of time` }
      : plainCell(null, { missing: { reason: `${methods[0]} is not among the methods of the study`, command: null } })
  }
  const [student, bct] = [cellFor('student-finetuned', 'student'), cellFor('bct', 'bct-oracle')]
  const none = textCell('none')
  return {
    knowledge: 'All training, all knowledge',
    metric: 'quantity',
    unit: row?.unit ?? 'h',
    better: 'lower',
    scope: null,
    cells: { ...Object.fromEntries(input.teachers.map(({ name }) => [`teacher:${name}`, none])), teachers: none, combiner: none, fused: none, student, bct, ratio: ratioCell(bct, student, paperTime) },
  }
}

/** What teachers and G cost against the student. Vielzeuf et al. 2019, Sections 4.1 to 4.6: in the text, not in a table. */
export const cost: TableBuilder = {
  name: 'cost',
  title: 'Cost: teachers and G against the student',
  paper: 'Section 4',
  build(input) {
    const teachers = input.networks.filter(({ role }) => role === 'teacher').map(({ name }) => `teacher:${name}`)
    const columns = [...teachers, 'teachers', 'combiner', 'fused', 'student', ...input.methods.some(method => method.startsWith('bct')) ? ['bct'] : [], 'ratio']
    const target = input.networks.find(({ role }) => role === 'combiner')?.name
    return {
      rowTitle: 'cost',
      columns,
      columnTitles: { ...Object.fromEntries(teachers.map(name => [name, name])), ...titles, ...target !== undefined && { combiner: `G (${target})` } },
      rows: [...quantities.map(quantity => rowOf(quantity, input)), trainingRow(input), wholeRow(input)].map(row => ({ ...row, cells: Object.fromEntries(columns.map(column => [column, row.cells[column]!])) })),
      legend: [
        'Parameters: of all weights, of the student those that are trained. Operations: two for each multiplication with its addition (MFLOP = 2 * MAC / 10^6) in convolutions and matrix products. G: its encoder; the decoder is for measuring alone.',
        ...[...new Set(input.networks.flatMap(({ cost }) => cost ? [`Time per face: measured on ${cost.processor}, ${cost.batch} faces at once, median; from the aligned face to the embedding.`] : []))],
        'Times less: teachers + G against the student; of all training, BCT against the student. "75 times fewer parameters" in the paper is 130.7 / 2.2 = 59.',
        'Training: time of the runs of this study; side by side they slow each other. The paper trained almost 70 hours on its unlabelled faces, on one P100.',
      ],
    }
  },
  // of what is missing here runs fill the hours alone; the rest is measured
  runs: (_row, column, { cells, reconstructions, target }) => column === 'combiner' || column === 'fused'
    ? reconstructions.filter(({ method }) => method === target)
    : column === 'student' ? cells.filter(({ method }) => method === 'student') : [],
}
