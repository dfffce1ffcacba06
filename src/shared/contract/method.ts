import { z } from 'zod'

/** `read`: also possible where somebody else holds the workspace and does not answer; `write`: the holder's alone. */
export type Effect = 'read' | 'write'

/** One method of the contract; exists for its types. */
export function method<I extends z.ZodType, R extends z.ZodType>(effect: Effect, input: I, result: R): { effect: Effect, input: I, result: R } {
  return { effect, input, result }
}

/** A method that is asked without input, or answers without result. */
export const nothing = z.void()
export const Key = z.string().regex(/^[0-9a-f]{4,64}$/, 'a run key: at least its first 4 hexadecimal digits')
export const Name = z.string().regex(/^[\w-]+$/, 'letters, digits, dashes and underscores')
/** A file or folder of the person's: whatever the person may read or write, said in full. */
export const Path = z.string().max(4096).regex(/^\/(?!(?:.*\/)?\.\.(?:\/|$))[^\0]*$/s, 'an absolute path without ".."')
