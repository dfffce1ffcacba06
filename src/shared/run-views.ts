import { z } from 'zod'
import { RunView } from './views.ts'

/** The one number that says what a run reached. */
export const RunFigure = z.strictObject({
  name: z.enum(['accuracy', 'mae', 'error-rate', 'cosine', 'nrmse', 'found']),
  value: z.number(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
})
export type RunFigure = z.infer<typeof RunFigure>

/** A run as long lists show it. */
export const RunItem = RunView.extend({
  studies: z.array(z.string()),
  figure: RunFigure.nullable(),
})
export type RunItem = z.infer<typeof RunItem>
