import { z } from 'zod'

/** The schema of errors.ts's Problem, for where one arrives from another process. */
export const Problem = z.strictObject({
  code: z.enum([
    'usage',
    'bad-input',
    'not-found',
    'conflict',
    'engine',
    'disk',
    'interrupted',
    'internal',
  ]),
  message: z.string(),
  where: z.string().optional(),
  hint: z.string().optional(),
})
