import type { Client } from '#shared/contract.ts'
import { existsSync } from 'node:fs'
import { findDamage } from '#main/workspace/integrity.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { rebuildDatabase } from '#main/workspace/rebuild.ts'

/**
 * Repairs a workspace: a damaged database is made anew before anybody opens it, everything else is done by its host, which
 * `connect` starts or finds.
 *
 * @returns what was done, a sentence each; nothing where there is no workspace
 * @throws FacetError where it cannot be opened, e.g. because a newer version of Facet made it
 */
export async function repairWorkspace(folder: string, connect: () => Promise<Client>): Promise<string[]> {
  const paths = workspacePaths(folder)
  if (!existsSync(paths.database))
    return []
  const rebuilt = (await findDamage(paths.database)).length > 0
    ? await rebuildDatabase(paths)
    : []
  const { said } = await (await connect()).call('workspace.repair')
  return [...rebuilt, ...said]
}
