import type { z } from 'zod'
import { FacetError } from '#shared/errors.ts'

/**
 * An input from outside as its schema gives it back.
 *
 * @param schema  of the call
 * @param input   anything
 * @param where   the call's name
 * @throws FacetError 'usage' that names each field and what is wrong with it
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown, where: string): z.output<T> {
  let parsed: z.ZodSafeParseResult<z.output<T>>
  try {
    parsed = schema.safeParse(input)
  }
  catch (cause) {
    // Bounds are compared before kinds are known to be right: an object with a field called toString cannot be.
    throw new FacetError('usage', 'input: cannot be read', { where, cause })
  }
  if (parsed.success)
    return parsed.data
  throw new FacetError('usage', parsed.error.issues.map(issue => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; '), { where })
}
