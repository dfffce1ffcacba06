import { z } from 'zod'

/** What figures of a study can be put into rows and columns by. */
export const dimensions = ['knowledge', 'method', 'seed', 'data', 'task', 'scope', 'metric'] as const
export const Dimension = z.enum(dimensions)
export type Dimension = z.infer<typeof Dimension>

const Words = z.array(z.string().min(1)).min(1)

/** A table of anybody's own: any figures of a study, by any rows and columns. What stands in neither is averaged over, seed by seed. */
export const Pivot = z.strictObject({
  rows: z.array(Dimension).min(1).describe('What makes a row, e.g. knowledge'),
  columns: z.array(Dimension).min(1).describe('What makes a column, e.g. method'),
  filter: z.strictObject({
    knowledge: Words.optional().describe('Only these; of nRMSE the embedding\'s teacher'),
    method: Words.optional(),
    seed: z.array(z.int().min(0)).min(1).optional(),
    data: Words.optional(),
    task: Words.optional(),
    scope: z.array(z.enum(['test', 'all', 'unseen'])).min(1).optional().describe('Where left out, whole protocols'),
    metric: z.array(z.enum(['accuracy', 'mae', 'error-rate', 'nrmse', 'time'])).min(1).optional().describe('Where left out, those of transfers; nrmse is of reconstruction, time the training on the knowledge itself'),
  }).default({}),
}).refine(({ rows, columns }) => new Set([...rows, ...columns]).size === rows.length + columns.length, { error: 'names a dimension twice: each stands in rows or in columns, once' })
export type Pivot = z.infer<typeof Pivot>

/** Knowledge by methods, as the paper's tables are. */
export const usualPivot: Pivot = { rows: ['knowledge'], columns: ['method'], filter: {} }
