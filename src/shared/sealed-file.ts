import { z } from 'zod'

/** A file of a sealed artefact. `path` is relative to the artefact's folder, with `/`; '.' where the artefact is one file. */
export const SealedFile = z.strictObject({
  path: z.string(),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type SealedFile = z.infer<typeof SealedFile>
