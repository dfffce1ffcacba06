import { z } from 'zod'
import { method, Path } from './method.ts'

/** What keeps a workspace whole. */
export const careMethods = {
  'workspace.backup': method('read', z.strictObject({
    path: Path.optional().describe('A file that is not there yet; in the workspace\'s own folder of backups where left out'),
  }), z.strictObject({ path: z.string(), bytes: z.int() })),
} as const
