import { z } from 'zod'
import { method, Name, nothing, Path } from './method.ts'
import { Check } from './overview.ts'

/** What keeps a workspace whole. */
export const careMethods = {
  'workspace.backup': method('read', z.strictObject({
    path: Path.optional().describe('A file that is not there yet; in the workspace\'s own folder of backups where left out'),
  }), z.strictObject({ path: z.string(), bytes: z.int() })),
  'workspace.examine': method('read', nothing, z.strictObject({
    checks: z.array(Check),
    isWhole: z.boolean().describe('Nothing of it is to be repaired'),
  }).describe('Reads every artefact: some seconds a gigabyte')),
  'workspace.repair': method('write', nothing, z.strictObject({
    said: z.array(z.string()).describe('What was done, a sentence each; nothing is deleted'),
  })),
  'studies.exportArchive': method('read', z.strictObject({
    name: Name,
    path: Path.describe('A file that is not there yet'),
  }), z.strictObject({ path: z.string(), bytes: z.number(), runs: z.int(), files: z.int(), notes: z.array(z.string()).describe('What is not in it, though the study was computed with it') })),
  'studies.importArchive': method('write', z.strictObject({
    path: Path,
    as: Name.optional().describe('The study\'s name here; its own where left out'),
  }), z.strictObject({
    study: z.string(),
    runs: z.int().describe('Taken in'),
    known: z.int().describe('Here already, with the same artefacts'),
    recipe: z.string().describe('Where its recipe is now'),
    notes: z.array(z.string()),
  })),
} as const
