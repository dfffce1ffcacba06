import { z } from 'zod'

/**
 * Marks a cell can carry, with the sign that tables print beside it. contaminated: a teacher behind it was trained on this data set;
 * seen-unlabelled: combiner and student saw part of its images without labels; oracle: its subset of teachers was chosen on the test set;
 * after-identity: the network learnt identities first, which parentheses around the figure say, as in the paper.
 */
export const tableMarks = {
  'contaminated': '†',
  'seen-unlabelled': '‡',
  'oracle': '◊',
  'after-identity': '',
} as const
export const TableMark = z.enum(['contaminated', 'seen-unlabelled', 'oracle', 'after-identity'])
export type TableMark = z.infer<typeof TableMark>

/** Why a cell is empty or rests on fewer seeds than the study asks for, and the command that fills it (null where no command can). */
export const MissingReason = z.strictObject({
  reason: z.string(),
  command: z.string().nullable(),
})
export type MissingReason = z.infer<typeof MissingReason>

const metric = z.enum([
  'accuracy',
  'mae',
  'error-rate',
  'cosine',
  'nrmse',
  'logme',
  'cka',
  'faces',
  'images',
  'time',
  'quantity',
  'mixed',
])
const better = z.enum(['higher', 'lower'])

/** What a figure is: how it is printed, in which unit, and which direction is better. */
export const TableMeasure = z.strictObject({
  metric: metric.describe('quantity: a number with a unit and no name of its own; mixed: of a row whose cells each have a measure'),
  unit: z.string().describe('"%", "years", "s", "MFLOP" and the like, or empty'),
  better,
})
export type TableMeasure = z.infer<typeof TableMeasure>

/** Cohen's h of two shares, Cohen's d of paired errors; positive where this figure is the higher one. */
export const TestEffect = z.strictObject({ kind: z.enum(['h', 'd']), value: z.number() })

/** The area under the ROC curve of verification, 0..1, beside the reference's. */
export const TestAuc = z.strictObject({
  auc: z.number(),
  referenceAuc: z.number(),
  interval: z.tuple([z.number(), z.number()]).describe('95 % of the difference'),
  p: z.number(),
  adjusted: z.number().describe('Holm-corrected over all areas tested'),
})

/** How a cell differs from the reference column of its row. */
export const CellTest = z.strictObject({
  against: z.string(),
  shared: z.int().describe('Test samples or pairs that both answered'),
  difference: z.number().describe('Mean of this cell\'s scores minus the reference\'s'),
  interval: z.tuple([z.number(), z.number()]).describe('95 % of the paired bootstrap'),
  p: z.number(),
  adjusted: z.number().describe('Holm-corrected over all tests of the table'),
  verdict: z.enum(['better', 'worse', 'no difference shown']),
  effect: TestEffect.nullable().describe('null where all samples differ by the same'),
  auc: TestAuc.nullable().describe('Only in verification: DeLong\'s test'),
})
export type CellTest = z.infer<typeof CellTest>

/** Signs of a test's verdict, beside the figure. */
export const verdictMarks = { 'better': '⁺', 'worse': '⁻', 'no difference shown': '⁼' } as const

/** One figure of a table: mean and sample standard deviation over seeds. */
export const TableCell = z.strictObject({
  mean: z.number().nullable().describe('Over seeds; null where the cell is missing'),
  std: z.number().nullable().describe('Sample standard deviation over seeds; null below two seeds'),
  n: z.int().min(0).describe('Seeds'),
  values: z.array(z.number()).describe('One per seed, ordered by seed'),
  reference: z.number().nullable().describe('The paper\'s own figure'),
  referenceText: z.string().nullable().describe('As printed, e.g. "(98.40)"'),
  referenceSource: z.string().nullable().describe('Which table of the paper'),
  best: z.boolean().describe('Nothing in the row is better at the printed precision'),
  marks: z.array(TableMark),
  missing: MissingReason.nullable(),
  count: z.int().nullable().describe('Test samples or pairs each value rests on'),
  standardError: z.number().nullable().describe('Of the test sample, mean over seeds'),
  interval: z.tuple([
    z.number(),
    z.number(),
  ]).nullable().describe('95 % bootstrap interval of the test sample, its ends averaged over seeds'),
  keys: z.array(z.string()).describe('Runs it came from, ordered by seed; those of a time, the longest first'),
  test: CellTest.optional().describe('Only where a reference column was chosen'),
  text: z.string().optional().describe('Printed instead of a figure, where words are the answer'),
  note: z.string().optional().describe('What is to be known of this figure, e.g. how it was measured'),
  measure: TableMeasure.optional().describe('In a row that is mixed, or where it is another than its row\'s'),
})
export type TableCell = z.infer<typeof TableCell>

export const TableRow = z.strictObject({
  knowledge: z.string().describe('With "(unseen)" where only the part counts that combiner and student never saw'),
  ...TableMeasure.shape,
  scope: z.enum([
    'test',
    'all',
    'unseen',
  ]).nullable(),
  hasIntervals: z.boolean().optional().describe('Figures are printed with their 95 % intervals'),
  cells: z.record(z.string(), TableCell),
})
export type TableRow = z.infer<typeof TableRow>

/** Whether a cell has neither a figure nor words. */
export function isEmptyCell({ mean, text }: Pick<TableCell, 'mean' | 'text'>): boolean {
  return mean === null && text === undefined
}

/** One combination of teachers: means over seeds of what a head on it reaches. */
export const Combination = z.strictObject({
  teachers: z.array(z.int().min(0)).describe('Places in the list of teachers'),
  validation: z.number().nullable(),
  test: z.number(),
  chosen: z.int().min(0).describe('Seeds that chose it, of folds most'),
  n: z.int().min(1).describe('Seeds'),
})
export type Combination = z.infer<typeof Combination>

/** How a table is drawn that answers a figure of the paper. */
export const TableFigure = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('size'),
    lines: z.array(z.strictObject({
      title: z.string(),
      points: z.array(z.strictObject({ column: z.string(), size: z.number().positive() })),
    })).describe('Columns that differ in the size of h_G alone, or in the share of labels, smallest first'),
    unit: z.string().optional().describe('Of what runs along the bottom; left out for the size of h_G'),
    ownSize: z.int().nullable().describe('Of the combiner that the student learns'),
    paper: z.record(z.string(), z.number()).describe('The paper\'s figure of a row at its own size of h_G'),
    paperSize: z.int(),
  }),
  z.strictObject({
    kind: z.literal('time'),
    whole: z.string().describe('The row that the others are parts or a projection of'),
  }).describe('Every row on one logarithmic axis'),
  z.strictObject({
    kind: z.literal('selection'),
    teachers: z.array(z.string()),
    choices: z.array(z.strictObject({
      column: z.string(),
      of: z.int().min(1).describe('Choices, of all knowledge and seeds'),
      counts: z.array(z.int().min(0)).describe('Of each teacher: choices that it is in'),
    })),
    combinations: z.array(z.strictObject({
      row: z.string(),
      column: z.string().describe('The selection whose heads these are'),
      points: z.array(Combination),
    })).describe('Of each row that a selection was made for'),
    line: z.string().nullable().describe('The column that a line stands for: all teachers, combined'),
  }).describe('Which teachers are chosen, and what each combination of them reaches'),
])
export type TableFigure = z.infer<typeof TableFigure>

/** A table of a study: rows are knowledge, columns are methods. */
export const Table = z.strictObject({
  table: z.string(),
  study: z.string(),
  title: z.string(),
  paper: z.string().describe('Which table of the paper it answers; empty where the paper has none'),
  rowTitle: z.string(),
  columns: z.array(z.string()),
  columnTitles: z.record(z.string(), z.string()),
  rows: z.array(TableRow),
  figure: TableFigure.optional().describe('Left out where it is drawn as a line for each column'),
  legend: z.array(z.string()),
  notices: z.array(z.string()),
  provenance: z.strictObject({
    version: z.string().describe('Of Facet'),
    time: z.string().describe('UTC, ISO 8601'),
    keys: z.array(z.string()),
  }),
})
export type Table = z.infer<typeof Table>
